import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type SealedSegment, UNTRIED } from './backlog.ts'
import type { SeenDigest } from './digest-log.ts'
import { scanSegment } from './scan.ts'
import { SEGMENT_SUFFIX } from './segment-file.ts'
import { SegmentReader } from './segment-reader.ts'

/** Segments an earlier run left behind, oldest first. Creates the folder if it is missing. */
export async function findLeftovers(folder: string): Promise<SealedSegment[]> {
  await mkdir(folder, { recursive: true })
  const names = (await readdir(folder)).filter((name) => name.endsWith(SEGMENT_SUFFIX)).sort()
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const { size, mtimeMs } = await stat(path)
      const id = name.slice(0, -SEGMENT_SUFFIX.length)
      // The name begins with the instant the segment was opened; a renamed file counts as old as it can be.
      const openedAt = Number.parseInt(name, 10) || Math.min(mtimeMs, 0)
      const trusted = Number.POSITIVE_INFINITY
      return { id, path, bytes: size, openedAt, trusted, ...UNTRIED }
    }),
  )
}

/** Digests of the requests in segments written after `since` (ms): a client that missed our answer may send them again. */
export async function readDigests(segments: SealedSegment[], since: number): Promise<SeenDigest[]> {
  const seen: SeenDigest[] = []
  for (const { path, openedAt } of segments) {
    if ((await stat(path)).mtimeMs < since) continue
    const file = await SegmentReader.open(path)
    try {
      for (const { digest } of (await scanSegment(file)).frames) seen.push({ digest, at: openedAt })
    } finally {
      await file.close()
    }
  }
  return seen
}
