import { pipeline, type Readable } from 'node:stream'
import { constants, createZstdCompress } from 'node:zlib'
import type { ClickHouseSettings } from '@clickhouse/client'
import { z } from 'zod'
import { type Db, query } from './query.ts'

const METRIC_COLUMNS = [
  'ResourceAttributes',
  'ResourceSchemaUrl',
  'ScopeName',
  'ScopeVersion',
  'ScopeAttributes',
  'ScopeDroppedAttrCount',
  'ScopeSchemaUrl',
  'ServiceName',
  'MetricName',
  'MetricDescription',
  'MetricUnit',
  'Attributes',
  'StartTimeUnix',
  'TimeUnix',
  'Flags',
] as const

const EXEMPLAR_COLUMNS = [
  'Exemplars.FilteredAttributes',
  'Exemplars.TimeUnix',
  'Exemplars.Value',
  'Exemplars.SpanId',
  'Exemplars.TraceId',
] as const

/** Columns the collector writes, in the order of its RowBinary rows. A changed list needs a changed encoder in `collector/rows/`. */
export const INGEST_COLUMNS = {
  otel_traces: [
    'Timestamp',
    'TraceId',
    'SpanId',
    'ParentSpanId',
    'TraceState',
    'SpanName',
    'SpanKind',
    'ServiceName',
    'ResourceAttributes',
    'ScopeName',
    'ScopeVersion',
    'SpanAttributes',
    'Duration',
    'StatusCode',
    'StatusMessage',
    'Events.Timestamp',
    'Events.Name',
    'Events.Attributes',
    'Links.TraceId',
    'Links.SpanId',
    'Links.TraceState',
    'Links.Attributes',
  ],
  call_rows: [
    'ts',
    'env',
    'service',
    'version',
    'region',
    'direction',
    'dependency',
    'operation',
    'protocol',
    'outcome',
    'status',
    'error_type',
    'attempt',
    'nested',
    'synthetic',
    'weight',
    'duration_ns',
    'trace_id',
    'span_id',
    'parent_span_id',
    'correlation_id',
    'attributes',
    'sign',
  ],
  otel_metrics_gauge: [...METRIC_COLUMNS, 'Value', ...EXEMPLAR_COLUMNS],
  otel_metrics_sum: [...METRIC_COLUMNS, 'Value', ...EXEMPLAR_COLUMNS, 'AggregationTemporality', 'IsMonotonic'],
  otel_metrics_histogram: [
    ...METRIC_COLUMNS,
    'Count',
    'Sum',
    'BucketCounts',
    'ExplicitBounds',
    ...EXEMPLAR_COLUMNS,
    'Min',
    'Max',
    'AggregationTemporality',
  ],
  otel_metrics_exponential_histogram: [
    ...METRIC_COLUMNS,
    'Count',
    'Sum',
    'Scale',
    'ZeroCount',
    'PositiveOffset',
    'PositiveBucketCounts',
    'NegativeOffset',
    'NegativeBucketCounts',
    ...EXEMPLAR_COLUMNS,
    'Min',
    'Max',
    'AggregationTemporality',
  ],
  otel_metrics_summary: [...METRIC_COLUMNS, 'Count', 'Sum', 'ValueAtQuantiles.Quantile', 'ValueAtQuantiles.Value'],
} as const satisfies Record<string, readonly string[]>

export type IngestTable = keyof typeof INGEST_COLUMNS
export const INGEST_TABLES = Object.keys(INGEST_COLUMNS) as IngestTable[]

/**
 * Every insert carries a token, because tables remember tokens (`non_replicated_deduplication_window`) and would otherwise
 * drop equal blocks. The collector bounds the days of a batch itself, so that late data and wrong clocks block nobody.
 */
const insertSettings = (token: string): ClickHouseSettings => ({
  async_insert: 0,
  insert_deduplicate: 1,
  insert_deduplication_token: token,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_partitions_per_insert_block: '0',
  distributed_foreground_insert: 1,
})

export interface RowBatch {
  table: string
  columns: readonly string[]
  /** Identity of the batch: a repeated insert with the same token stores nothing. */
  token: string
  /** RowBinary rows in the order of `columns`: a stream, or the name of a file in the embedded engine's inbox. */
  rows: Readable | { inboxFile: string }
  /** Compresses a stream on its way; for a server on another machine. */
  compress?: boolean
  signal?: AbortSignal
}

/** Stores one batch, once; resolves when it is stored. Throws `ClickHouseError` (server answered) or a socket error. */
export async function insertRows(db: Db, { table, columns, token, rows, compress, signal }: RowBatch): Promise<void> {
  const query = `INSERT INTO ${identifier(table)} (${columns.map(identifier).join(', ')}) FORMAT RowBinary`
  const settings = insertSettings(token)
  const { stream } = await db.exec({
    query,
    ...('inboxFile' in rows
      ? { clickhouse_settings: { ...settings, rows_file: rows.inboxFile } }
      : { values: compress ? compressed(rows) : rows, clickhouse_settings: settings }),
    ...(compress && { http_headers: { 'Content-Encoding': 'zstd' } }),
    ...(signal && { abort_signal: signal }),
  })
  for await (const _ of stream);
}

const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Rows that cannot be read end the insert with their error: the body then ends in the middle, and nothing is stored. */
function compressed(rows: Readable): Readable {
  return pipeline(rows, createZstdCompress(FAST), () => {})
}

/** Table and column names come from segment files: anything but a plain name is refused, never quoted into SQL. */
function identifier(name: string): string {
  if (!/^\w+(\.\w+)?$/.test(name)) throw new Error(`'${name}' is no table or column name`)
  return `\`${name}\``
}

export interface IngestRecord {
  collector: string
  /** Segment id; '' for a heartbeat. */
  segment: string
  /** Event-time range of the segment's calls, in ns; null without calls. */
  firstNs: bigint | null
  lastNs: bigint | null
  calls: number
  spans: number
  points: number
  /** Everything this collector acknowledged before this instant is stored. */
  completeUntil: Date
}

/** Appends to `ingest_log`, once per `token`. */
export async function recordIngest(db: Db, record: IngestRecord, token: string, signal?: AbortSignal): Promise<void> {
  await db.insert({
    table: 'ingest_log',
    columns: ['collector', 'segment', 'first_ts', 'last_ts', 'calls', 'spans', 'points', 'complete_until'],
    values: [
      [
        record.collector,
        record.segment,
        record.firstNs === null ? null : timestamp(record.firstNs),
        record.lastNs === null ? null : timestamp(record.lastNs),
        record.calls,
        record.spans,
        record.points,
        record.completeUntil.toISOString(),
      ],
    ],
    format: 'JSONCompactEachRow',
    clickhouse_settings: { ...insertSettings(token), date_time_input_format: 'best_effort' },
    ...(signal && { abort_signal: signal }),
  })
}

/** Nanoseconds since 1970 as ISO 8601 in UTC with nine decimals. */
function timestamp(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`
}

/** Names in store of the last day, the most used first: what a restarted collector admits again. Older ones gave way. */
export const readCallNames = async (db: Db, limit: number) => selectCallNames(db, { limit })

const selectCallNames = query({
  sql: `SELECT service, dependency, operation FROM calls_1m WHERE minute > now() - INTERVAL 1 DAY
    GROUP BY service, dependency, operation ORDER BY sum(samples) DESC LIMIT {limit:UInt32}`,
  params: z.object({ limit: z.int() }),
  row: z.object({ service: z.string(), dependency: z.string(), operation: z.string() }),
  settings: { max_execution_time: 5 },
})
