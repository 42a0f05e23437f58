import { createReadStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SealedSegment } from './backlog.ts'
import { onDisk } from './disk-fault.ts'
import type { Range } from './scan.ts'
import { syncFolder } from './segment-file.ts'
import type { ShipContext } from './ship.ts'

/**
 * Sets aside the ranges of a segment that hold no valid frame, under `quarantine/<segment>-<offset>`; once, however often the
 * segment is tried. A torn tail is what a killed process leaves of a request it never acknowledged; anything else means the
 * disk lied. Throws `DiskFault`: the segment must not be deleted before.
 */
export async function quarantine(
  { folder, metrics, log }: Pick<ShipContext, 'folder' | 'metrics' | 'log'>,
  segment: SealedSegment,
  ranges: Range[],
): Promise<void> {
  if (ranges.length === 0 || segment.isQuarantined) return
  const target = join(folder, 'quarantine')
  await onDisk(`set bytes aside in ${target}`, async () => {
    await mkdir(target, { recursive: true })
    for (const { from, to } of ranges) {
      const bytes = createReadStream(segment.path, { start: from, end: to - 1 })
      await writeFile(join(target, `${segment.id}-${from}`), bytes, { flush: true })
    }
    await syncFolder(target)
  })
  segment.isQuarantined = true
  for (const { from, to } of ranges) {
    metrics.quarantined.inc(to - from)
    const path = join(target, `${segment.id}-${from}`)
    log.error(
      { segment: segment.id, from, to, path },
      'a segment holds bytes that are no valid frame; they are set aside',
    )
  }
}
