import type { Server } from './client.ts'

/** Columns every otel_metrics_* table begins with, as the OpenTelemetry exporter names them. */
const METRIC_COLUMNS = `ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ResourceSchemaUrl String CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
  ScopeSchemaUrl String CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  MetricName LowCardinality(String) CODEC(ZSTD(1)),
  MetricDescription String CODEC(ZSTD(1)),
  MetricUnit String CODEC(ZSTD(1)),
  Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  StartTimeUnix DateTime64(9) CODEC(Delta, ZSTD(1)),
  TimeUnix DateTime64(9) CODEC(Delta, ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1))`

const EXEMPLAR_COLUMNS = `Exemplars Nested(
    FilteredAttributes Map(LowCardinality(String), String),
    TimeUnix DateTime64(9),
    Value Float64,
    SpanId String,
    TraceId String
  ) CODEC(ZSTD(1))`

const METRIC_ORDER = '(ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)'

/** The environment of a span or a point: by the names and in the form that calls have it, see `integration/span-to-call.ts`. */
const ENVIRONMENT = `lowerUTF8(leftUTF8(multiIf(
    ResourceAttributes['deployment.environment.name'] != '', ResourceAttributes['deployment.environment.name'],
    ResourceAttributes['deployment.environment'] != '', ResourceAttributes['deployment.environment'],
    'unspecified'), 200))`

/** Insert tokens remembered per table: above (inserts a second × the longest retry), see docs/operations.md. */
const DEDUP_WINDOW = 10_000

/** A segment is deleted once its rows are inserted: from then on the part is all there is, and must survive power loss. */
const SYNCED = 'fsync_after_insert = 1, fsync_part_directory = 1'

/**
 * Fills the placeholders of a schema file and splits it into statements. The same text serves one server and a cluster:
 *
 * | placeholder | one server | cluster |
 * |---|---|---|
 * | `{{table:x}}` | `x` | `x_local` |
 * | `{{engine:E(args)}}` | `E(args)` | `ReplicatedE('/clickhouse/tables/…', '{replica}', args)` |
 * | `{{on_cluster}}` | | `ON CLUSTER 'name'` |
 * | `{{distributed:x:key}}` | | table `x` over all shards' `x_local`, sharded by `key` |
 * | `{{ingest}}` | `non_replicated_deduplication_window`, synced parts | `replicated_deduplication_window`, synced parts |
 */
export function renderSchema(text: string, { database, cluster }: Pick<Server, 'database' | 'cluster'>): string[] {
  const onCluster = cluster === undefined ? '' : `ON CLUSTER '${cluster}'`
  const local = (table: string) => (cluster === undefined ? table : `${table}_local`)
  const engine = (name: string, args: string) =>
    cluster === undefined
      ? `${name}(${args})`
      : `Replicated${name}(${["'/clickhouse/tables/{shard}/{database}/{table}'", "'{replica}'", args].filter(Boolean).join(', ')})`
  const distributed = (table: string, key: string) =>
    cluster === undefined
      ? ''
      : `CREATE TABLE IF NOT EXISTS ${table} ${onCluster} AS ${table}_local ENGINE = Distributed('${cluster}', '${database}', '${table}_local', ${key})`
  const dedup = cluster === undefined ? 'non_replicated_deduplication_window' : 'replicated_deduplication_window'
  return text
    .replace(/^\s*--.*$/gm, '')
    .replaceAll('{{metric_columns}}', METRIC_COLUMNS)
    .replaceAll('{{exemplar_columns}}', EXEMPLAR_COLUMNS)
    .replaceAll('{{metric_order}}', METRIC_ORDER)
    .replaceAll('{{environment}}', ENVIRONMENT)
    .replaceAll('{{ingest}}', `${dedup} = ${DEDUP_WINDOW}, ${SYNCED}`)
    .replaceAll('{{on_cluster}}', onCluster)
    .replace(/\{\{table:(\w+)\}\}/g, (_, table: string) => local(table))
    .replace(/\{\{engine:(\w+)(?:\((.*?)\))?\}\}/g, (_, name: string, args = '') => engine(name, args))
    .replace(/\{\{distributed:(\w+):(.+?)\}\}/g, (_, table: string, key: string) => distributed(table, key))
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter(Boolean)
}
