-- What makes reading many SLOs cheap; everything here follows from indicator_minutes and ingest_log.

-- indicator_minutes in order of time: the minutes of all indicators in a few hours lie beside each other.
CREATE TABLE IF NOT EXISTS {{table:indicator_minutes_by_time}} {{on_cluster}} (
  indicator LowCardinality(String),
  generation LowCardinality(String),
  minute DateTime CODEC(DoubleDelta, ZSTD(1)),
  good Float64 CODEC(ZSTD(1)),
  total Float64 CODEC(ZSTD(1)),
  measured_at DateTime64(3) CODEC(Delta, ZSTD(1))
) ENGINE = {{engine:ReplacingMergeTree(measured_at)}}
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, indicator, generation);

{{distributed:indicator_minutes_by_time:cityHash64(indicator)}};

CREATE MATERIALIZED VIEW IF NOT EXISTS indicator_minutes_by_time_mv {{on_cluster}} TO {{table:indicator_minutes_by_time}} AS
SELECT indicator, generation, minute, good, total, measured_at FROM {{table:indicator_minutes}};

INSERT INTO indicator_minutes_by_time SELECT indicator, generation, minute, good, total, measured_at FROM indicator_minutes;

-- Sums of whole hours. A row with `complete` equals the sum of the hour's minutes; where it is absent or not complete, the
-- minutes are read. The row written last counts.
CREATE TABLE IF NOT EXISTS {{table:indicator_hours}} {{on_cluster}} (
  hour DateTime CODEC(DoubleDelta, ZSTD(1)),
  indicator LowCardinality(String),
  generation LowCardinality(String),
  good Float64 CODEC(ZSTD(1)),
  total Float64 CODEC(ZSTD(1)),
  -- the last minute with events, 0 without
  last_event DateTime CODEC(ZSTD(1)),
  -- the first minute with counts that cannot be true, 0 without
  invalid_minute DateTime CODEC(ZSTD(1)),
  complete Bool
) ENGINE = {{engine:ReplacingMergeTree}}
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, indicator, generation);

{{distributed:indicator_hours:cityHash64(indicator)}};

-- What is known of a minute: that telemetry of an environment has its event time in it, that a collector was alive then, or that
-- some SLI has events in it.
CREATE TABLE IF NOT EXISTS {{table:covered_minutes}} {{on_cluster}} (
  minute DateTime CODEC(DoubleDelta, ZSTD(1)),
  kind Enum8('telemetry' = 1, 'collector' = 2, 'measured' = 3),
  -- of telemetry, as calls have it; '' otherwise
  env LowCardinality(String)
) ENGINE = {{engine:ReplacingMergeTree}}
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, kind, env)
SETTINGS {{ingest}};

{{distributed:covered_minutes:cityHash64(minute)}};

CREATE MATERIALIZED VIEW IF NOT EXISTS covered_minutes_reported_mv {{on_cluster}} TO {{table:covered_minutes}} AS
SELECT DISTINCT toStartOfMinute(toDateTime(complete_until)) AS minute, 'collector' AS kind, '' AS env FROM {{table:ingest_log}};

CREATE MATERIALIZED VIEW IF NOT EXISTS covered_minutes_measured_mv {{on_cluster}} TO {{table:covered_minutes}} AS
SELECT DISTINCT minute, 'measured' AS kind, '' AS env FROM {{table:indicator_minutes}} WHERE total > 0;

CREATE MATERIALIZED VIEW IF NOT EXISTS covered_minutes_calls_mv {{on_cluster}} TO {{table:covered_minutes}} AS
SELECT DISTINCT toStartOfMinute(toDateTime(ts)) AS minute, 'telemetry' AS kind, toString(c.env) AS env FROM {{table:call_rows}} AS c;

CREATE MATERIALIZED VIEW IF NOT EXISTS covered_minutes_spans_mv {{on_cluster}} TO {{table:covered_minutes}} AS
SELECT DISTINCT toStartOfMinute(toDateTime(Timestamp)) AS minute, 'telemetry' AS kind, {{environment}} AS env FROM {{table:otel_traces}};

CREATE MATERIALIZED VIEW IF NOT EXISTS covered_minutes_gauge_mv {{on_cluster}} TO {{table:covered_minutes}} AS
SELECT DISTINCT toStartOfMinute(toDateTime(TimeUnix)) AS minute, 'telemetry' AS kind, {{environment}} AS env FROM {{table:otel_metrics_gauge}};

CREATE MATERIALIZED VIEW IF NOT EXISTS covered_minutes_sum_mv {{on_cluster}} TO {{table:covered_minutes}} AS
SELECT DISTINCT toStartOfMinute(toDateTime(TimeUnix)) AS minute, 'telemetry' AS kind, {{environment}} AS env FROM {{table:otel_metrics_sum}};

CREATE MATERIALIZED VIEW IF NOT EXISTS covered_minutes_histogram_mv {{on_cluster}} TO {{table:covered_minutes}} AS
SELECT DISTINCT toStartOfMinute(toDateTime(TimeUnix)) AS minute, 'telemetry' AS kind, {{environment}} AS env FROM {{table:otel_metrics_histogram}};

CREATE MATERIALIZED VIEW IF NOT EXISTS covered_minutes_exponential_histogram_mv {{on_cluster}} TO {{table:covered_minutes}} AS
SELECT DISTINCT toStartOfMinute(toDateTime(TimeUnix)) AS minute, 'telemetry' AS kind, {{environment}} AS env FROM {{table:otel_metrics_exponential_histogram}};

CREATE MATERIALIZED VIEW IF NOT EXISTS covered_minutes_summary_mv {{on_cluster}} TO {{table:covered_minutes}} AS
SELECT DISTINCT toStartOfMinute(toDateTime(TimeUnix)) AS minute, 'telemetry' AS kind, {{environment}} AS env FROM {{table:otel_metrics_summary}};

-- How far each collector's data is complete, and since when it reports.
CREATE TABLE IF NOT EXISTS {{table:collector_reports}} {{on_cluster}} (
  collector LowCardinality(String),
  complete_until SimpleAggregateFunction(max, DateTime64(3)),
  first_report SimpleAggregateFunction(min, DateTime64(3))
) ENGINE = {{engine:AggregatingMergeTree}}
ORDER BY collector;

{{distributed:collector_reports:cityHash64(collector)}};

CREATE MATERIALIZED VIEW IF NOT EXISTS collector_reports_mv {{on_cluster}} TO {{table:collector_reports}} AS
SELECT collector, max(l.complete_until) AS complete_until, min(l.complete_until) AS first_report
FROM {{table:ingest_log}} AS l GROUP BY collector;

INSERT INTO collector_reports SELECT collector, max(complete_until), min(complete_until) FROM ingest_log GROUP BY collector;
