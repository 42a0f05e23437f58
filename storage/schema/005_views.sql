-- Formulas that boards and the API share: a board only selects, filters and buckets what stands here.
-- Windows are [end - n minutes, end), and `end` closes the open minute of the watermark, as in slo/window.ts.

-- One row: up to when data is complete (null before any telemetry), and the end of every window.
CREATE OR REPLACE VIEW v_freshness {{on_cluster}} AS
SELECT
  if(collectors = 0, NULL, slowest) AS watermark,
  fromUnixTimestamp64Milli(toInt64(60000 * ceil(toUnixTimestamp64Milli(if(collectors = 0, now64(3), slowest)) / 60000))) AS window_end,
  if(collectors = 0, NULL, dateDiff('millisecond', slowest, now64(3)) / 1000) AS watermark_age_seconds,
  collectors
FROM (
  -- the slowest collector that still reports decides; one that fell silent a minute ago no longer does
  SELECT minIf(until, until >= latest - toIntervalMinute(1)) AS slowest, count() AS collectors
  FROM (SELECT max(complete_until) AS until, max(until) OVER () AS latest FROM ingest_log GROUP BY collector)
);

-- The definitions in force: the latest active version of each name that was not removed since; `refused` = a later one was invalid.
CREATE OR REPLACE VIEW v_slo {{on_cluster}} AS
SELECT
  name AS slo,
  JSONExtractString(definition, 'displayName') AS display_name,
  JSONExtractString(definition, 'service') AS service,
  JSONExtractString(definition, 'owner') AS owner,
  JSONExtractString(definition, 'runbook') AS runbook,
  JSONExtractString(definition, 'indicator', 'name') AS indicator,
  JSONExtractString(definition, 'generation') AS generation,
  JSONExtractFloat(definition, 'objective', 'targetPpm') / 1000000 AS target,
  JSONExtractFloat(definition, 'objective', 'budgetPpm') AS budget_ppm,
  toUInt32(JSONExtractUInt(definition, 'objective', 'window', 'minutes')) AS window_minutes,
  JSONExtractString(definition, 'objective', 'window', 'duration') AS window_duration,
  JSONExtract(definition, 'tiers', 'Array(Tuple(severity String, longMinutes UInt32, shortMinutes UInt32, factor Float64))') AS tiers,
  JSONExtractFloat(definition, 'guards', 'minEvents') AS min_events,
  refused
FROM (
  SELECT
    name,
    argMaxIf(definition, changed_at, state != 'invalid') AS definition,
    argMaxIf(state, changed_at, state != 'invalid') AS standing,
    argMax(state, changed_at) = 'invalid' AS refused
  FROM slo_definitions GROUP BY name
)
WHERE standing = 'active';

-- Good and total events by minute inside each SLO's window; minutes without events are absent.
CREATE OR REPLACE VIEW v_slo_window {{on_cluster}} AS
SELECT s.slo AS slo, s.service AS service, s.target AS target, s.budget_ppm AS budget_ppm, s.window_minutes AS window_minutes,
  m.minute AS minute, m.good AS good, m.total AS total
FROM (
  SELECT indicator, generation, minute, good, total
  FROM indicator_minutes FINAL
  WHERE minute >= (SELECT toDateTime(window_end) FROM v_freshness) - toIntervalMinute((SELECT greatest(max(window_minutes), 4320) FROM v_slo))
    AND minute < (SELECT toDateTime(window_end) FROM v_freshness)
) AS m
GLOBAL INNER JOIN (SELECT * FROM v_slo) AS s ON s.indicator = m.indicator AND s.generation = m.generation
WHERE m.minute >= (SELECT toDateTime(window_end) FROM v_freshness) - toIntervalMinute(greatest(s.window_minutes, 4320));

-- Share of each window's minutes in which a collector was alive, or whose data arrived anyhow.
-- Time before the very first telemetry is not expected. The same rule as storage/indicator-minutes.ts.
CREATE OR REPLACE VIEW v_coverage {{on_cluster}} AS
SELECT
  window_minutes,
  countIf(minute >= window_end - toIntervalMinute(window_minutes)) / least(window_minutes, dateDiff('minute', min(minute), any(window_end))) AS coverage
FROM (
  SELECT minute, toDateTime((SELECT window_end FROM v_freshness)) AS window_end
  FROM (
    SELECT toStartOfMinute(toDateTime(complete_until)) AS minute FROM ingest_log
    UNION DISTINCT
    SELECT minute FROM indicator_minutes WHERE total > 0
  )
  WHERE minute >= window_end - toIntervalMinute((SELECT greatest(max(window_minutes), 4320) FROM v_slo)) AND minute < window_end
) AS known
CROSS JOIN (
  SELECT DISTINCT arrayJoin(arrayConcat([5, 30, 60, 120, 360, 1440, 4320], [window_minutes], tiers.longMinutes, tiers.shortMinutes)) AS window_minutes
  FROM v_slo
) AS windows
GROUP BY window_minutes;

-- Incidents in their latest revision, what an on-call person needs from `details` as columns.
CREATE OR REPLACE VIEW v_incidents {{on_cluster}} AS
SELECT
  id, state, severity, slo, service, started_at, resolved_at, title, root_cause,
  dateDiff('second', started_at, ifNull(resolved_at, now64(3))) AS duration_seconds,
  JSONExtractString(details, 'tier') AS tier,
  JSONExtract(details, 'burn', 'Nullable(Float64)') AS burn,
  JSONExtract(details, 'factor', 'Nullable(Float64)') AS factor,
  JSONExtract(details, 'budgetRemaining', 'Nullable(Float64)') AS budget_remaining,
  JSONExtractString(details, 'suspect', 'dependency') AS suspect,
  JSONExtractString(details, 'suspect', 'outcome') AS suspect_outcome,
  JSONExtract(details, 'suspect', 'share', 'Nullable(Float64)') AS suspect_share,
  JSONExtract(details, 'exemplars', 'Array(String)') AS exemplars,
  JSONExtractString(details, 'owner') AS owner,
  JSONExtractString(details, 'runbook') AS runbook
FROM incidents FINAL;

-- One row per SLO in force: budget, burn rates and the status word, by the rules of slo/budget.ts, slo/burn-rate.ts and
-- slo/status.ts. Ratios are one division of exact sums, null without events, never clamped.
CREATE OR REPLACE VIEW v_slo_now {{on_cluster}} AS
WITH
  (w -> good[indexOf(windows, w)]) AS good_in,
  (w -> total[indexOf(windows, w)]) AS total_in,
  (w -> if(total_in(w) = 0, NULL, ((total_in(w) - good_in(w)) * 1000000) / (total_in(w) * budget_ppm))) AS burn_in,
  (w -> coverage[toUInt32(w)]) AS coverage_in
SELECT
  slo, display_name, service, owner, runbook, target, budget_ppm, window_minutes, window_duration, generation,
  good_in(window_minutes) AS good_events,
  total_in(window_minutes) AS total_events,
  if(total_events = 0, NULL, good_events / total_events) AS sli,
  burn_in(window_minutes) AS consumed,
  if(total_events = 0, NULL, (total_events * budget_ppm - (total_events - good_events) * 1000000) / (total_events * budget_ppm)) AS remaining,
  burn_in(5) AS burn_5m,
  burn_in(30) AS burn_30m,
  burn_in(60) AS burn_1h,
  burn_in(120) AS burn_2h,
  burn_in(360) AS burn_6h,
  burn_in(1440) AS burn_1d,
  burn_in(4320) AS burn_3d,
  -- burn of the governing window in multiples of the tier's factor: over 1 the condition of a page or ticket holds
  arrayMax(arrayMap(t -> least(ifNull(burn_in(t.longMinutes), 0), ifNull(burn_in(t.shortMinutes), 0)) / t.factor, tiers)) AS urgency,
  coverage_in(window_minutes) AS window_coverage,
  last_event_at, watermark,
  alert_severity, alert_since, incident,
  -- a tier hangs on a window of which too little is known, and no known window of it is clear
  arrayExists(
    t -> NOT (coverage_in(t.longMinutes) >= 0.9 AND total_in(t.longMinutes) >= min_events AND ifNull(burn_in(t.longMinutes) <= 0.9 * t.factor, false))
      AND NOT (coverage_in(t.shortMinutes) >= 0.9 AND ifNull(burn_in(t.shortMinutes) <= 0.9 * t.factor, false))
      AND (coverage_in(t.longMinutes) < 0.9
        OR (total_in(t.longMinutes) > 0 AND total_in(t.longMinutes) >= min_events AND coverage_in(t.shortMinutes) < 0.9)),
    tiers
  ) AS blind,
  multiIf(
    impossible_minutes > 0, 'invalid',
    alert_severity = 'page', 'critical',
    refused, 'invalid',
    total_events = 0, 'no_data',
    ifNull(watermark < now64(3) - toIntervalMinute(3), true) OR blind, 'frozen',
    remaining <= 0, 'exhausted',
    alert_severity = 'ticket', 'warning',
    'ok'
  ) AS status
FROM (
  SELECT
    s.slo AS slo, s.display_name AS display_name, s.service AS service, s.owner AS owner, s.runbook AS runbook,
    s.generation AS generation, s.target AS target, s.budget_ppm AS budget_ppm, s.window_minutes AS window_minutes,
    s.window_duration AS window_duration, s.tiers AS tiers, s.min_events AS min_events, s.refused AS refused,
    w.windows AS windows, w.good AS good, w.total AS total, w.impossible_minutes AS impossible_minutes, w.last_event_at AS last_event_at,
    a.alert_severity AS alert_severity, a.alert_since AS alert_since, a.incident AS incident,
    (SELECT watermark FROM v_freshness) AS watermark,
    (SELECT CAST((groupArray(toUInt32(window_minutes)), groupArray(coverage)), 'Map(UInt32, Float64)') FROM v_coverage) AS coverage
  FROM (SELECT * FROM v_slo) AS s
  GLOBAL LEFT JOIN (
    -- `ring` is the shortest window that holds a minute: a window is the sum of all rings up to its own
    SELECT
      slo,
      any(looked_at) AS windows,
      arrayMap(n -> arraySum(arrayMap((k, sum) -> if(k <= n, sum, 0), groupArray(ring), groupArray(ring_good))), arrayEnumerate(any(looked_at))) AS good,
      arrayMap(n -> arraySum(arrayMap((k, sum) -> if(k <= n, sum, 0), groupArray(ring), groupArray(ring_total))), arrayEnumerate(any(looked_at))) AS total,
      sum(ring_impossible) AS impossible_minutes,
      max(ring_last) AS last_event_at
    FROM (
      SELECT
        m.slo AS slo,
        (SELECT arraySort(groupUniqArray(toUInt32(window_minutes))) FROM v_coverage) AS looked_at,
        arrayFirstIndex(n -> m.minute >= toDateTime((SELECT window_end FROM v_freshness)) - toIntervalMinute(n), looked_at) AS ring,
        sum(m.good) AS ring_good,
        sum(m.total) AS ring_total,
        countIf(m.good > m.total OR m.good < 0) AS ring_impossible,
        maxIf(m.minute, m.total > 0) AS ring_last
      FROM v_slo_window AS m
      GROUP BY slo, ring
    )
    GROUP BY slo
  ) AS w ON w.slo = s.slo
  GLOBAL LEFT JOIN (
    SELECT slo, if(pages > 0, 'page', 'ticket') AS alert_severity, if(pages > 0, page_since, ticket_since) AS alert_since, incident
    FROM (
      SELECT
        slo,
        countIf(severity = 'page') AS pages,
        minIf(started_at, severity = 'page') AS page_since,
        minIf(started_at, severity = 'ticket') AS ticket_since,
        -- the oldest page, else the oldest ticket
        argMin(id, (severity != 'page', started_at)) AS incident
      FROM incidents FINAL
      WHERE state = 'open'
      GROUP BY slo
    )
  ) AS a ON a.slo = s.slo
);

-- Calls of each service to each dependency in steps of five minutes; `bad` is what is not ok and not cancelled.
CREATE OR REPLACE VIEW v_dependency_5m {{on_cluster}} AS
SELECT
  toStartOfInterval(minute, INTERVAL 5 MINUTE) AS time,
  env, service, dependency,
  sumIf(c.calls, outcome != 'cancelled') AS calls,
  sumIf(c.calls, outcome NOT IN ('ok', 'cancelled')) AS bad,
  sumIf(c.calls, outcome IN ('timeout', 'connection', 'server_error')) AS bad_provider,
  sumIf(c.calls, outcome IN ('client_error', 'auth', 'schema', 'circuit_open')) AS bad_us,
  sumIf(c.calls, outcome = 'throttled') AS bad_quota,
  sum(c.retries) AS retries,
  sumMapIf(map(toString(outcome), c.calls), outcome NOT IN ('ok', 'cancelled')) AS bad_by_outcome
FROM calls_1m AS c
WHERE direction = 'outbound' AND NOT nested AND NOT synthetic
GROUP BY time, env, service, dependency;
