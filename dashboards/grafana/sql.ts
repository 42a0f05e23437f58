/** Bucket of minute data: as wide as the panel wants, a minute at least. */
const BUCKET = 'greatest($__interval_s, 60)'
const bucketOf = (column: string) => `toStartOfInterval(${column}, INTERVAL ${BUCKET} second)`

/** Narrows `column` to what is picked in a variable; everything when All is picked. */
const picked = (column: string, variable: string) =>
  `$__conditionalAll(${column} IN (\${${variable}:singlequote}), $${variable})`

const outboundCalls = `direction = 'outbound' AND NOT nested AND NOT synthetic
  AND ${picked('env', 'env')} AND ${picked('service', 'service')} AND ${picked('dependency', 'dependency')}`

/**
 * Seconds below which a share `q` of the calls lies, from summed log buckets: the middle of the bucket that holds the
 * q-th call, within 1.1 %. Bucket b holds durations from 2^(b/32) to 2^((b+1)/32) ns.
 */
const quantile = (q: number) =>
  `pow(2, (mapKeys(buckets)[arrayFirstIndex(sum -> sum >= ${q} * arraySum(mapValues(buckets)), arrayCumSum(mapValues(buckets)))] + 0.5) / 32) / 1e9`

export const VARIABLES = {
  env: `SELECT DISTINCT env FROM calls_1m WHERE $__timeFilter(minute) ORDER BY env`,
  service: `SELECT DISTINCT service FROM (
  SELECT service FROM v_slo UNION ALL SELECT toString(service) FROM calls_1m WHERE $__timeFilter(minute)
) ORDER BY service`,
  slo: `SELECT slo FROM v_slo WHERE ${picked('service', 'service')} ORDER BY slo`,
  dependency: `SELECT DISTINCT dependency FROM calls_1m
WHERE $__timeFilter(minute) AND direction = 'outbound' AND ${picked('service', 'service')} ORDER BY dependency`,
} as const

export const DATA_AGE = `SELECT watermark_age_seconds AS \`Complete up to\` FROM v_freshness`

const openIncidents = (severity: string) => `SELECT count() AS incidents FROM v_incidents
WHERE state = 'open' AND severity = '${severity}' AND ${picked('service', 'service')} AND ${picked('slo', 'slo')}`
export const OPEN_PAGES = openIncidents('page')
export const OPEN_TICKETS = openIncidents('ticket')

export const WORST_BUDGET = `SELECT min(remaining) AS \`Budget left\` FROM v_slo_now
WHERE ${picked('service', 'service')} AND ${picked('slo', 'slo')}`

export const INCIDENTS = `SELECT
  upper(severity) AS \`Severity\`,
  title AS \`What\`,
  if(suspect = '', 'no single cause found', concat(suspect, ': ', suspect_outcome)) AS \`Cause\`,
  suspect_share AS \`Share\`,
  started_at AS \`Since\`,
  burn AS \`Burn\`,
  budget_remaining AS \`Budget left\`,
  slo AS \`SLO\`,
  owner AS \`Owner\`,
  runbook AS \`Runbook\`,
  id AS \`Incident\`
FROM v_incidents
WHERE state = 'open' AND ${picked('service', 'service')} AND ${picked('slo', 'slo')}
ORDER BY severity = 'page' DESC, started_at`

export const SLOS = `SELECT
  status AS \`State\`,
  slo AS \`SLO\`,
  service AS \`Service\`,
  target AS \`Target\`,
  sli AS \`SLI\`,
  remaining AS \`Budget left\`,
  burn_5m AS \`Burn 5m\`,
  burn_1h AS \`Burn 1h\`,
  burn_6h AS \`Burn 6h\`,
  burn_3d AS \`Burn 3d\`,
  urgency AS \`Urgency\`,
  owner AS \`Owner\`
FROM v_slo_now
WHERE ${picked('service', 'service')} AND ${picked('slo', 'slo')}
ORDER BY status = 'critical' DESC, urgency DESC, slo`

export const BURN = `SELECT
  ${bucketOf('minute')} AS time,
  slo,
  argMax(burn_5m, minute) AS \`5m\`,
  argMax(burn_1h, minute) AS \`1h\`,
  argMax(burn_6h, minute) AS \`6h\`
FROM v_slo_minutes
WHERE $__timeFilter(minute) AND slo IN (
  SELECT slo FROM v_slo_now WHERE ${picked('service', 'service')} AND ${picked('slo', 'slo')}
  ORDER BY urgency DESC, slo LIMIT 5
)
GROUP BY time, slo ORDER BY time, slo`

export const OUTCOMES = `SELECT ${bucketOf('minute')} AS time, outcome, sum(c.calls) / ${BUCKET} AS calls
FROM calls_1m AS c
WHERE $__timeFilter(minute) AND ${outboundCalls}
GROUP BY time, outcome ORDER BY time, outcome`

export const LATENCY = `SELECT time, ${quantile(0.5)} AS P50, ${quantile(0.95)} AS P95, ${quantile(0.99)} AS P99
FROM (
  SELECT ${bucketOf('minute')} AS time, mapSort(sumMap(c.latency)) AS buckets
  FROM calls_1m AS c
  WHERE $__timeFilter(minute) AND ${outboundCalls}
  GROUP BY time
)
ORDER BY time`

export const DEPENDENCIES = `SELECT
  dependency AS \`Dependency\`,
  service AS \`Called by\`,
  sum(d.bad) / sum(d.calls) AS \`Failed\`,
  sum(d.bad) AS \`Failed calls\`,
  sum(d.calls) AS \`Calls\`,
  arraySort((outcome, n) -> -n, mapKeys(sumMap(d.bad_by_outcome)), mapValues(sumMap(d.bad_by_outcome)))[1] AS \`Mostly\`,
  multiIf(sum(d.bad) = 0, 'nobody', sum(d.bad_provider) * 2 > sum(d.bad), 'provider', sum(d.bad_us) * 2 > sum(d.bad), 'us',
    sum(d.bad_quota) * 2 > sum(d.bad), 'quota', 'several') AS \`Can fix\`,
  sum(d.retries) / sum(d.calls) AS \`Retried\`
FROM v_dependency_5m AS d
WHERE $__timeFilter(time) AND ${picked('env', 'env')} AND ${picked('service', 'service')} AND ${picked('dependency', 'dependency')}
GROUP BY dependency, service
HAVING sum(d.calls) > 0
ORDER BY \`Failed calls\` DESC, dependency, service LIMIT 20`

export const FAILING_TRACES = `SELECT
  ts AS \`Time\`,
  service AS \`Service\`,
  dependency AS \`Dependency\`,
  operation AS \`Operation\`,
  outcome AS \`Outcome\`,
  status AS \`Status\`,
  error_type AS \`Error\`,
  duration_ns / 1e9 AS \`Took\`,
  trace_id AS \`Trace\`
FROM calls
WHERE $__timeFilter(ts) AND outcome NOT IN ('ok', 'cancelled') AND ${outboundCalls}
ORDER BY ts DESC LIMIT 50`

export const NOTIFICATIONS = `SELECT
  created_at AS \`Time\`,
  event AS \`Event\`,
  upper(severity) AS \`Severity\`,
  endpoint AS \`To\`,
  state AS \`Delivery\`,
  attempts AS \`Attempts\`,
  reason AS \`Because\`,
  last_error AS \`Last error\`,
  incident AS \`Incident\`
FROM notifications FINAL
WHERE $__timeFilter(created_at)
ORDER BY created_at DESC LIMIT 50`

export const INCIDENT_MARKS = `SELECT
  started_at AS time,
  ifNull(resolved_at, now64(3)) AS timeEnd,
  concat(upper(severity), ' ', slo) AS title,
  title AS text,
  severity AS tags
FROM v_incidents
WHERE started_at <= toDateTime($__toTime) AND ifNull(resolved_at, now64(3)) >= toDateTime($__fromTime)
  AND ${picked('service', 'service')} AND ${picked('slo', 'slo')}
ORDER BY time`
