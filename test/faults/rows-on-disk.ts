import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { inMemory, scanSegment } from '../../collector/segment/scan.ts'
import type { CollectorChild } from './collector-child.ts'

interface Records {
  traces: number
  metrics: number
}

/** Rows in the segments on disk, where they wait while ClickHouse is away; none may be damaged. */
export async function rowsOnDisk({ dataDir }: CollectorChild): Promise<Records> {
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

/** Records that were taken before, alone or with their request, as the collector counts them. */
export async function duplicatesOf({ url }: Pick<CollectorChild, 'url'>): Promise<Records> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const counted = (signal: string) =>
    Number(
      new RegExp(`^plumbline_ingest_records_total\\{signal="${signal}",result="duplicate"\\} (\\d+)`, 'm').exec(
        metrics,
      )?.[1] ?? 0,
    )
  return { traces: counted('traces'), metrics: counted('metrics') }
}

export const withDuplicates = (rows: Records, duplicates: Records): Records => ({
  traces: rows.traces + duplicates.traces,
  metrics: rows.metrics + duplicates.metrics,
})
