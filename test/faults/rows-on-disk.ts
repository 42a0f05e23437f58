import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { inMemory, scanSegment } from '../../collector/segment/scan.ts'
import type { CollectorChild } from './collector-child.ts'

/** Rows in the segments on disk, where they wait while ClickHouse is away; none may be damaged. */
export async function rowsOnDisk({ dataDir }: CollectorChild): Promise<{ traces: number; metrics: number }> {
  const folder = join(dataDir, 'segments')
  const rows = { traces: 0, metrics: 0 }
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.segment'))) {
    const { header, frames, damaged } = await scanSegment(inMemory(await readFile(join(folder, name))))
    expect(damaged).toEqual([])
    for (const part of frames.flatMap(({ tables }) => tables)) {
      const [table] = header!.tables[part.index]!
      if (table === 'otel_traces') rows.traces += part.rows
      if (table.startsWith('otel_metrics')) rows.metrics += part.rows
    }
  }
  return rows
}
