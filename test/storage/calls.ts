import type { Db } from '../../storage/query.ts'

/** A row of `calls` in the columns that tests care about. */
export interface CallRow {
  ts: number
  env: string
  service: string
  version: string
  direction: 'outbound' | 'inbound'
  dependency: string
  operation: string
  protocol: string
  outcome: string
  status: string
  nested: boolean
  synthetic: boolean
  weight: number
  duration_ns: number
  trace_id: string
  span_id: string
}

export const callRow = (row: Partial<CallRow> & { ts: number }): CallRow => ({
  env: 'prod',
  service: 'checkout',
  version: '1.0.0',
  direction: 'outbound',
  dependency: 'acme-pay',
  operation: 'POST /v1/charges',
  protocol: 'http',
  outcome: 'ok',
  status: '200',
  nested: false,
  synthetic: false,
  weight: 1,
  duration_ns: 50_000_000,
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  span_id: '00f067aa0ba902b7',
  ...row,
})

/** Stores calls as the collector would: `token` makes a repeated insert count once. */
export async function storeCalls(db: Db, rows: CallRow[], token: string): Promise<void> {
  await db.insert({
    table: 'call_rows',
    values: rows.map((row) => ({ ...row, ts: new Date(row.ts).toISOString().replace('T', ' ').replace('Z', '') })),
    format: 'JSONEachRow',
    clickhouse_settings: { insert_deduplication_token: token },
  })
}

/** Says that a collector was alive, and that everything before `until` is stored. */
export const storeHeartbeat = (db: Db, until: number, collector = 'test'): Promise<void> =>
  storeHeartbeats(db, [until], collector)

/** Several of them in one insert. */
export async function storeHeartbeats(db: Db, untils: readonly number[], collector = 'test'): Promise<void> {
  const silent = { collector, segment: '', calls: 0, spans: 0, points: 0 }
  await db.insert({
    table: 'ingest_log',
    values: untils.map((until) => ({ ...silent, complete_until: new Date(until).toISOString() })),
    format: 'JSONEachRow',
    clickhouse_settings: { insert_deduplication_token: `${collector}-${untils}` },
  })
}
