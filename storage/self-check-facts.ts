import { z } from 'zod'
import { keyOf, type Measured } from '../slo/indicator.ts'
import { METRIC_KINDS, type MetricSelection } from '../slo/model.ts'
import type { CountFacts, KnownNames } from '../slo/self-check.ts'
import { cannotBeTrue, countable } from './countable.ts'
import { type Db, query } from './query.ts'

interface Range {
  from: Date
  to: Date
}

const HOUR_MS = 3_600_000

const range = { from: z.date(), to: z.date() }

/** What each SLI counted in the range, by `keyOf`; one without events is absent. Whole hours, and the open one by minutes. */
export async function readCounts(
  db: Db,
  measured: readonly Measured[],
  { from, to }: Range,
): Promise<Map<string, CountFacts>> {
  const wanted = new Set(measured.map(keyOf))
  const openFrom = new Date(Math.floor(to.getTime() / HOUR_MS) * HOUR_MS)
  const rows = await selectCounts(db, { from, openFrom, to })
  return new Map(
    rows
      .map((row): [string, CountFacts] => [
        keyOf({ indicator: { name: row.indicator }, generation: row.generation }),
        {
          events: row.events,
          good: row.good,
          hours: row.hours,
          leastPerHour: row.least,
          mostPerHour: row.most,
          lowestRatio: row.lowest,
          highestRatio: row.highest,
          impossible:
            row.impossible_hours > 0 ? { minute: new Date(row.impossible), hours: row.impossible_hours } : null,
        },
      ])
      .filter(([key]) => wanted.has(key)),
  )
}

// The open hour counts towards events only: it is not comparable with whole ones.
const selectCounts = query({
  sql: `
    SELECT indicator, generation, sum(h.total) AS events, sum(h.good) AS good, countIf(whole AND h.total > 0) AS hours,
      minIf(h.total, whole AND h.total > 0) AS least, maxIf(h.total, whole AND h.total > 0) AS most,
      minIf(h.good / h.total, whole AND h.total > 0) AS lowest, maxIf(h.good / h.total, whole AND h.total > 0) AS highest,
      countIf(h.wrong > 0) AS impossible_hours, toUnixTimestamp(minIf(h.wrong, h.wrong > 0)) * 1000 AS impossible
    FROM (
      SELECT indicator, generation, ${countable('s.good')} AS good, ${countable('s.total')} AS total,
        if(s.invalid_minute = 0 AND ${cannotBeTrue('s.good', 's.total')}, hour, s.invalid_minute) AS wrong, true AS whole FROM indicator_hours AS s FINAL
      WHERE hour >= {from:DateTime} AND hour < {openFrom:DateTime} AND complete
      UNION ALL
      SELECT indicator, generation, sum(${countable('m.good')}), sum(${countable('m.total')}), minIf(minute, ${cannotBeTrue('m.good', 'm.total')}), false
      FROM indicator_minutes_by_time AS m FINAL WHERE minute >= {openFrom:DateTime} AND minute < {to:DateTime}
      GROUP BY indicator, generation
    ) AS h
    GROUP BY indicator, generation`,
  params: z.object({ ...range, openFrom: z.date() }),
  row: z
    .object({
      indicator: z.string(),
      generation: z.string(),
      events: z.number(),
      good: z.number(),
      hours: z.number(),
      least: z.number(),
      most: z.number(),
      lowest: z.number().nullable(),
      highest: z.number().nullable(),
      impossible_hours: z.number(),
      impossible: z.number(),
    })
    .transform((row) => ({ ...row, lowest: row.lowest ?? 0, highest: row.highest ?? 1 })),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

/**
 * Names in the telemetry of the range, as far as these SLIs could have meant them.
 * @param selections of points: of their metrics, the kinds and the values of attributes are looked up
 */
export async function readKnownNames(
  db: Db,
  selections: readonly MetricSelection[],
  { from, to }: Range,
): Promise<KnownNames> {
  const [services, [fields], [attributes], metrics] = await Promise.all([
    selectServices(db, { from, to }),
    selectFields(db, { from, to }),
    selectAttributes(db, { from: new Date(Math.max(from.getTime(), to.getTime() - 24 * HOUR_MS)), to }),
    selectMetrics(db, { from, to }),
  ])
  const asked = [...new Set(selections.map(({ metric }) => metric))]
  const kinds = asked.length === 0 ? [] : await selectKinds(db, { metrics: asked, from, to })
  const metricAttributes = new Map<string, Map<string, string[]>>()
  for (const { metric, attributes } of selections) {
    const values = metricAttributes.get(metric) ?? new Map<string, string[]>()
    metricAttributes.set(metric, values)
    for (const key of Object.keys(attributes)) {
      if (values.has(key)) continue
      const rows = await selectAttributeValues(db, { metric, key, from, to })
      values.set(
        key,
        rows.map(({ value }) => value),
      )
    }
  }
  const none = { env: [], service: [], dependency: [], operation: [], protocol: [], version: [] }
  return {
    services,
    fields: fields ?? none,
    attributes: attributes?.keys ?? [],
    metrics: metrics.map(({ metric }) => ({
      metric,
      kinds: METRIC_KINDS.filter((kind) => kinds.some((row) => row.metric === metric && row.kind === kind)),
    })),
    metricAttributes,
  }
}

const selectServices = query({
  sql: `SELECT service, toString(c.direction) AS direction, sum(c.calls) AS calls FROM calls_1m AS c
    WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND NOT nested GROUP BY service, c.direction`,
  params: z.object(range),
  row: z.object({ service: z.string(), direction: z.enum(['inbound', 'outbound']), calls: z.number() }),
})

const MOST_NAMES = 10_000

const names = (field: string) => `groupUniqArray(${MOST_NAMES})(toString(c.${field})) AS ${field}`

const selectFields = query({
  sql: `SELECT ${['env', 'service', 'dependency', 'operation', 'protocol', 'version'].map(names).join(', ')}
    FROM (
      SELECT env, service, dependency, operation, protocol, version FROM calls_1m
      WHERE minute >= {from:DateTime} AND minute < {to:DateTime} GROUP BY ALL
    ) AS c`,
  params: z.object(range),
  row: z.object({
    env: z.array(z.string()),
    service: z.array(z.string()),
    dependency: z.array(z.string()),
    operation: z.array(z.string()),
    protocol: z.array(z.string()),
    version: z.array(z.string()),
  }),
})

const selectAttributes = query({
  sql: `SELECT groupUniqArrayArray(${MOST_NAMES})(mapKeys(attributes)) AS keys FROM call_rows
    WHERE ts >= {from:DateTime} AND ts < {to:DateTime}`,
  params: z.object(range),
  row: z.object({ keys: z.array(z.string()) }),
})

const selectMetrics = query({
  sql: `SELECT DISTINCT metric FROM point_minutes WHERE minute >= {from:DateTime} AND minute < {to:DateTime} ORDER BY metric LIMIT ${MOST_NAMES}`,
  params: z.object(range),
  row: z.object({ metric: z.string() }),
})

const POINTS = `MetricName IN {metrics:Array(String)} AND TimeUnix >= {from:DateTime} AND TimeUnix < {to:DateTime}`

const selectKinds = query({
  sql: `
    SELECT DISTINCT MetricName AS metric, if(IsMonotonic OR AggregationTemporality = 1, 'sum', 'gauge') AS kind FROM otel_metrics_sum WHERE ${POINTS}
    UNION DISTINCT SELECT DISTINCT MetricName, 'gauge' FROM otel_metrics_gauge WHERE ${POINTS}
    UNION DISTINCT SELECT DISTINCT MetricName, 'histogram' FROM otel_metrics_histogram WHERE ${POINTS}
    UNION DISTINCT SELECT DISTINCT MetricName, 'histogram' FROM otel_metrics_exponential_histogram WHERE ${POINTS}`,
  params: z.object({ ...range, metrics: z.array(z.string()) }),
  row: z.object({ metric: z.string(), kind: z.enum(METRIC_KINDS) }),
})

const TABLES = ['gauge', 'sum', 'histogram', 'exponential_histogram'].map((kind) => `otel_metrics_${kind}`)

const selectAttributeValues = query({
  sql: TABLES.map(
    (table) => `SELECT DISTINCT if({key:String} = 'service.name', toString(ServiceName),
        if(mapContains(Attributes, {key:String}), Attributes[{key:String}], ResourceAttributes[{key:String}])) AS value
      FROM ${table} WHERE MetricName = {metric:String} AND TimeUnix >= {from:DateTime} AND TimeUnix < {to:DateTime} AND value != '' LIMIT 1000`,
  ).join('\nUNION DISTINCT\n'),
  params: z.object({ ...range, metric: z.string(), key: z.string() }),
  row: z.object({ value: z.string() }),
})
