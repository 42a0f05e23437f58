-- What the evaluator read and judged: the state of every SLO at its last evaluation, and burn and budget by minute. Boards and
-- the API show these rows, so that slices, calendar windows, exclusions, resets and composites are judged in one place.

-- One row an SLO; the row written last counts.
CREATE TABLE IF NOT EXISTS {{table:slo_readings}} {{on_cluster}} (
  slo String,
  -- which version of the definition: its `changed_at`
  definition_at DateTime64(3),
  evaluated_at DateTime64(3),
  watermark Nullable(DateTime64(3)),
  last_event_at Nullable(DateTime64(3)),
  period_from DateTime64(3),
  period_to DateTime64(3),
  -- events, then what the budgeting method counts
  good Float64,
  total Float64,
  units_good Float64,
  units_total Float64,
  sli Nullable(Float64),
  consumed Nullable(Float64),
  remaining Nullable(Float64),
  -- with nothing left out and without resets; null where that is the same
  raw_remaining Nullable(Float64),
  burn_5m Nullable(Float64),
  burn_30m Nullable(Float64),
  burn_1h Nullable(Float64),
  burn_2h Nullable(Float64),
  burn_6h Nullable(Float64),
  burn_1d Nullable(Float64),
  burn_3d Nullable(Float64),
  urgency Float64,
  coverage Float64,
  -- the status word by the counts alone: without what fires, without a refused version, and not grown old
  word LowCardinality(String),
  -- version of the form `reading` is written in, and the whole reading
  form UInt8,
  reading String CODEC(ZSTD(1))
) ENGINE = {{engine:ReplacingMergeTree}}
ORDER BY slo;

{{distributed:slo_readings:cityHash64(slo)}};

-- The last evaluation of every minute of event time.
CREATE TABLE IF NOT EXISTS {{table:slo_minutes}} {{on_cluster}} (
  slo LowCardinality(String),
  minute DateTime CODEC(DoubleDelta, ZSTD(1)),
  burn_5m Nullable(Float32) CODEC(ZSTD(1)),
  burn_1h Nullable(Float32) CODEC(ZSTD(1)),
  burn_6h Nullable(Float32) CODEC(ZSTD(1)),
  burn_3d Nullable(Float32) CODEC(ZSTD(1)),
  remaining Nullable(Float32) CODEC(ZSTD(1))
) ENGINE = {{engine:ReplacingMergeTree}}
PARTITION BY toYYYYMM(minute)
ORDER BY (slo, minute);

{{distributed:slo_minutes:cityHash64(slo)}};

-- Windows end with the open minute of the watermark; an instant on a whole minute ends the minute before it.
CREATE MATERIALIZED VIEW IF NOT EXISTS slo_minutes_mv {{on_cluster}} TO {{table:slo_minutes}} AS
SELECT slo, toStartOfMinute(toDateTime(subtractMilliseconds(assumeNotNull(watermark), 1))) AS minute, burn_5m, burn_1h, burn_6h, burn_3d, remaining
FROM {{table:slo_readings}} WHERE watermark IS NOT NULL;

-- The definitions in force: the latest active version of each name that was not removed since; `refused` = a later one was invalid.
CREATE OR REPLACE VIEW v_slo {{on_cluster}} AS
SELECT
  name AS slo,
  JSONExtractString(definition, 'displayName') AS display_name,
  JSONExtractString(definition, 'service') AS service,
  JSONExtractString(definition, 'owner') AS owner,
  JSONExtractString(definition, 'runbook') AS runbook,
  JSONExtractString(definition, 'indicator', 'name') AS indicator,
  JSONExtractString(definition, 'indicator', 'source') AS source,
  JSONExtractString(definition, 'generation') AS generation,
  JSONExtractFloat(definition, 'objective', 'targetPpm') / 1000000 AS target,
  JSONExtractFloat(definition, 'objective', 'budgetPpm') AS budget_ppm,
  JSONExtractString(definition, 'objective', 'method') AS method,
  JSONExtractString(definition, 'objective', 'window', 'kind') AS window_kind,
  toUInt32(JSONExtractUInt(definition, 'objective', 'window', 'minutes')) AS window_minutes,
  JSONExtractString(definition, 'objective', 'window', 'duration') AS window_duration,
  JSONExtract(definition, 'tiers', 'Array(Tuple(severity String, longMinutes UInt32, shortMinutes UInt32, factor Float64))') AS tiers,
  JSONExtractFloat(definition, 'guards', 'minEvents') AS min_events,
  refused,
  definition_at
FROM (
  SELECT
    name,
    argMaxIf(definition, changed_at, state != 'invalid') AS definition,
    argMaxIf(state, changed_at, state != 'invalid') AS standing,
    argMax(state, changed_at) = 'invalid' AS refused,
    max(changed_at) AS definition_at
  FROM slo_definitions GROUP BY name
)
WHERE standing = 'active';

-- What fires for each SLO, in whichever open incident: a page before a ticket, then what began first. An incident of before
-- incidents had members is one of its SLO.
CREATE OR REPLACE VIEW v_slo_alerts {{on_cluster}} AS
SELECT slo, severity, since, incident
FROM (
  SELECT
    if(member = '', i.slo, JSONExtractString(member, 'slo')) AS slo,
    if(member = '', toString(i.severity), JSONExtractString(member, 'severity')) AS severity,
    if(member = '', i.started_at, parseDateTime64BestEffortOrZero(JSONExtractString(member, 'startedAt'), 3)) AS since,
    i.id AS incident,
    i.started_at AS opened_at
  FROM incidents AS i FINAL
  ARRAY JOIN if(i.members IN ('', '[]'), [''], JSONExtractArrayRaw(i.members)) AS member
  WHERE i.state = 'open' AND (member = '' OR JSONExtractRaw(member, 'endedAt') = 'null')
)
WHERE slo != ''
ORDER BY severity != 'page', since, opened_at DESC, incident DESC
LIMIT 1 BY slo;

-- One row per SLO in force: budget, burn rates and the status word as the API tells them. Ratios without events are null, never
-- clamped. An SLO that was not evaluated since it was defined has no numbers yet.
CREATE OR REPLACE VIEW v_slo_now {{on_cluster}} AS
SELECT
  s.slo AS slo, s.display_name AS display_name, s.service AS service, s.owner AS owner, s.runbook AS runbook, s.source AS source,
  s.target AS target, s.budget_ppm AS budget_ppm, s.method AS method, s.window_kind AS window_kind,
  s.window_minutes AS window_minutes, s.window_duration AS window_duration, s.generation AS generation,
  r.period_from AS period_from, r.period_to AS period_to,
  r.good AS good_events, r.total AS total_events, r.units_good AS units_good, r.units_total AS units_total,
  r.sli AS sli, r.consumed AS consumed, r.remaining AS remaining, r.raw_remaining AS raw_remaining,
  r.burn_5m AS burn_5m, r.burn_30m AS burn_30m, r.burn_1h AS burn_1h, r.burn_2h AS burn_2h, r.burn_6h AS burn_6h,
  r.burn_1d AS burn_1d, r.burn_3d AS burn_3d,
  -- burn of the governing window in multiples of the tier's factor: over 1 the condition of a page or ticket holds
  r.urgency AS urgency,
  r.coverage AS window_coverage,
  r.last_event_at AS last_event_at, r.watermark AS watermark, r.evaluated_at AS evaluated_at,
  a.severity AS alert_severity, a.since AS alert_since, a.incident AS incident,
  multiIf(
    r.word = 'invalid', 'invalid',
    alert_severity = 'page', 'critical',
    s.refused, 'invalid',
    r.word = 'measuring', 'measuring',
    r.word IN ('', 'no_data'), 'no_data',
    r.word = 'frozen' OR ifNull(r.watermark < now64(3) - toIntervalMinute(3), true), 'frozen',
    r.word = 'exhausted', 'exhausted',
    alert_severity = 'ticket', 'warning',
    'ok'
  ) AS status
FROM (SELECT * FROM v_slo) AS s
GLOBAL LEFT JOIN (SELECT * FROM slo_readings FINAL) AS r ON r.slo = s.slo AND r.definition_at = s.definition_at
GLOBAL LEFT JOIN (SELECT * FROM v_slo_alerts) AS a ON a.slo = s.slo;

-- Burn rates and remaining budget by minute, as they were judged: what alerts were decided from.
CREATE OR REPLACE VIEW v_slo_minutes {{on_cluster}} AS
SELECT m.slo AS slo, s.service AS service, m.minute AS minute, m.burn_5m AS burn_5m, m.burn_1h AS burn_1h, m.burn_6h AS burn_6h,
  m.burn_3d AS burn_3d, m.remaining AS remaining
FROM slo_minutes AS m FINAL
GLOBAL INNER JOIN (SELECT slo, service FROM v_slo) AS s ON s.slo = m.slo;

-- They judged every SLO as Occurrences over a rolling window.
DROP VIEW IF EXISTS v_slo_window {{on_cluster}};

DROP VIEW IF EXISTS v_coverage {{on_cluster}};
