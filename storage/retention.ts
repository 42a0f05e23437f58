import { z } from 'zod'
import { connect, type Server } from './client.ts'
import { query } from './query.ts'

/** How long each kind of data is kept, in milliseconds. */
export interface Retention {
  spans: number
  notableSpans: number
  calls: number
  metrics: number
  rollups: number
}

/** A span is notable, and kept longer, when it failed or took a second or more. */
const NOTABLE = `StatusCode = 'Error' OR Duration >= 1000000000`

const METRIC_TABLES = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'].map(
  (kind) => `otel_metrics_${kind}`,
)

const seconds = (ms: number) => `toIntervalSecond(${Math.round(ms / 1000)})`

/** Table → TTL clause. */
export function retentionClauses({ spans, notableSpans, calls, metrics, rollups }: Retention): Map<string, string> {
  return new Map([
    [
      'otel_traces',
      `toDateTime(Timestamp) + ${seconds(notableSpans)}, toDateTime(Timestamp) + ${seconds(spans)} DELETE WHERE NOT (${NOTABLE})`,
    ],
    ['otel_traces_trace_id_ts', `Start + ${seconds(Math.max(spans, notableSpans))}`],
    ['call_rows', `toDateTime(ts) + ${seconds(calls)}`],
    ['calls_1m', `minute + ${seconds(rollups)}`],
    ['indicator_minutes', `minute + ${seconds(rollups)}`],
    ['indicator_minutes_by_time', `minute + ${seconds(rollups)}`],
    ['indicator_hours', `hour + ${seconds(rollups)}`],
    ['covered_minutes', `minute + ${seconds(rollups)}`],
    ['point_minutes', `minute + ${seconds(rollups)}`],
    ['slo_minutes', `minute + ${seconds(metrics)}`],
    ...METRIC_TABLES.map((table) => [table, `toDateTime(TimeUnix) + ${seconds(metrics)}`] as const),
  ])
}

const readComments = query({
  sql: `SELECT name, comment FROM system.tables WHERE database = currentDatabase()`,
  params: z.object({}),
  row: z.object({ name: z.string(), comment: z.string() }),
})

/**
 * Gives every table the lifetime the configuration asks for, touching only those where it changed: the clause in force is
 * remembered in the table's comment. Existing parts follow at their next merge.
 */
export async function applyRetention(server: Server, retention: Retention): Promise<void> {
  const db = connect(server)
  try {
    const onCluster = server.cluster === undefined ? '' : ` ON CLUSTER '${server.cluster}'`
    const comments = new Map((await readComments(db, {})).map(({ name, comment }) => [name, comment]))
    for (const [table, clause] of retentionClauses(retention)) {
      const local = server.cluster === undefined ? table : `${table}_local`
      const comment = `retention: ${clause}`
      if (comments.get(local) === comment) continue
      await db.command({
        query: `ALTER TABLE ${local}${onCluster} MODIFY TTL ${clause}`,
        clickhouse_settings: { materialize_ttl_after_modify: 0 },
      })
      await db.command({ query: `ALTER TABLE ${local}${onCluster} MODIFY COMMENT '${comment.replaceAll("'", "''")}'` })
    }
  } finally {
    await db.close()
  }
}
