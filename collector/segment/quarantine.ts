import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SealedSegment } from './backlog.ts'
import { syncFolder } from './segment-file.ts'
import type { ShipContext } from './ship.ts'

/**
 * Sets aside the ranges of a segment that hold no valid frame, under `quarantine/<segment>-<offset>`. A torn tail is what a
 * killed process leaves of a request it never acknowledged; anything else means the disk lied.
 */
export async function quarantine(
  { folder, metrics, log }: Pick<ShipContext, 'folder' | 'metrics' | 'log'>,
  { id }: SealedSegment,
  file: Buffer,
  ranges: { from: number; to: number }[],
): Promise<void> {
  const target = join(folder, 'quarantine')
  await mkdir(target, { recursive: true })
  for (const { from, to } of ranges) {
    const path = join(target, `${id}-${from}`)
    await writeFile(path, file.subarray(from, to), { flush: true })
    metrics.quarantined.inc(to - from)
    log.error({ segment: id, from, to, path }, 'a segment holds bytes that are no valid frame; they are set aside')
  }
  await syncFolder(target)
}
