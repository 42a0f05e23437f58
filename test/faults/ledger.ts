import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Db } from '../../storage/query.ts'

const ARRIVES_WITHIN_MS = 90_000
const ASK_AGAIN_MS = 250
const FRAME_HEAD_BYTES = 12

/** Where every span must be exactly once, and the column with its id. */
const ID_COLUMNS = { otel_traces: 'SpanId', calls: 'span_id' } as const

async function rows<T>(db: Db, query: string): Promise<T[]> {
  return (await db.query({ query, format: 'JSONEachRow' })).json<T>()
}

/** Waits until as many spans are stored as were acknowledged, then compares id by id. Differences in words; none is good. */
export async function storedDifferently(db: Db, acknowledged: ReadonlySet<string>): Promise<string[]> {
  const differences = []
  for (const [table, column] of Object.entries(ID_COLUMNS)) {
    await arrived(() => countOf(db, `SELECT toFloat64(uniqExact(${column})) AS n FROM ${table}`), acknowledged.size)
    const stored = await rows<{ id: string; n: number }>(
      db,
      `SELECT ${column} AS id, toUInt32(count()) AS n FROM ${table} GROUP BY id`,
    )
    const ids = new Set(stored.map(({ id }) => id))
    const lost = [...acknowledged].filter((id) => !ids.has(id))
    const twice = stored.filter(({ n }) => n !== 1)
    const unasked = stored.filter(({ id }) => !acknowledged.has(id))
    if (lost.length > 0) differences.push(`${table}: ${lost.length} acknowledged spans are missing, such as ${lost[0]}`)
    if (twice.length > 0)
      differences.push(`${table}: ${twice.length} spans are stored more than once, such as ${twice[0]!.id}`)
    if (unasked.length > 0) differences.push(`${table}: ${unasked.length} spans nobody sent, such as ${unasked[0]!.id}`)
  }
  for (const [what, sql] of Object.entries(SUMS)) {
    await arrived(() => countOf(db, sql), acknowledged.size)
    const n = await countOf(db, sql)
    if (n !== acknowledged.size) differences.push(`${what} counts ${n} spans, acknowledged are ${acknowledged.size}`)
  }
  return differences
}

const SUMS = {
  calls_1m: 'SELECT toFloat64(sum(samples)) AS n FROM calls_1m',
  ingest_log: 'SELECT toFloat64(sum(spans)) AS n FROM ingest_log',
}

const countOf = async (db: Db, sql: string): Promise<number> => (await rows<{ n: number }>(db, sql))[0]?.n ?? 0

/** Resolves when the count is there, or when no more time should be given to it; an engine that is away is asked again. */
async function arrived(count: () => Promise<number>, wanted: number): Promise<void> {
  const deadline = Date.now() + ARRIVES_WITHIN_MS
  while (Date.now() < deadline) {
    if ((await count().catch(() => -1)) >= wanted) return
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
}

/** Everything set aside that is more than the torn tail of a request, which a killed process leaves behind. */
export function wronglyQuarantined(dataDir: string): string[] {
  const folder = join(dataDir, 'segments', 'quarantine')
  return (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
    const bytes = readFileSync(join(folder, name))
    const isTorn = bytes.length < FRAME_HEAD_BYTES || bytes.length < FRAME_HEAD_BYTES + bytes.readUInt32LE(4)
    return isTorn && !bytes.includes('PLFR', 1) ? [] : [`${name}: ${bytes.length} bytes that are no torn tail`]
  })
}
