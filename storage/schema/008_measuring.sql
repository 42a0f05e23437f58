-- What measuring more than calls needs: which minutes metric points arrived for, sampling variance beside the counts,
-- how far each SLI is measured, and what was asked to be measured again.

-- Minutes with points of a metric, and when the last of them arrived: a late point makes its minute dirty.
CREATE TABLE IF NOT EXISTS {{table:point_minutes}} {{on_cluster}} (
  metric LowCardinality(String),
  minute DateTime CODEC(DoubleDelta, ZSTD(1)),
  arrived_at SimpleAggregateFunction(max, DateTime64(3)) CODEC(Delta, ZSTD(1)),
  INDEX idx_arrived_at arrived_at TYPE minmax GRANULARITY 1
) ENGINE = {{engine:AggregatingMergeTree}}
PARTITION BY toYYYYMM(minute)
ORDER BY (metric, minute)
SETTINGS {{ingest}};

{{distributed:point_minutes:cityHash64(metric)}};

CREATE MATERIALIZED VIEW IF NOT EXISTS point_minutes_gauge_mv {{on_cluster}} TO {{table:point_minutes}} AS
SELECT MetricName AS metric, toStartOfMinute(toDateTime(TimeUnix)) AS minute, now64(3) AS arrived_at
FROM {{table:otel_metrics_gauge}} GROUP BY metric, minute;

CREATE MATERIALIZED VIEW IF NOT EXISTS point_minutes_sum_mv {{on_cluster}} TO {{table:point_minutes}} AS
SELECT MetricName AS metric, toStartOfMinute(toDateTime(TimeUnix)) AS minute, now64(3) AS arrived_at
FROM {{table:otel_metrics_sum}} GROUP BY metric, minute;

CREATE MATERIALIZED VIEW IF NOT EXISTS point_minutes_histogram_mv {{on_cluster}} TO {{table:point_minutes}} AS
SELECT MetricName AS metric, toStartOfMinute(toDateTime(TimeUnix)) AS minute, now64(3) AS arrived_at
FROM {{table:otel_metrics_histogram}} GROUP BY metric, minute;

CREATE MATERIALIZED VIEW IF NOT EXISTS point_minutes_exponential_mv {{on_cluster}} TO {{table:point_minutes}} AS
SELECT MetricName AS metric, toStartOfMinute(toDateTime(TimeUnix)) AS minute, now64(3) AS arrived_at
FROM {{table:otel_metrics_exponential_histogram}} GROUP BY metric, minute;

INSERT INTO point_minutes SELECT DISTINCT MetricName, toStartOfMinute(toDateTime(TimeUnix)), toDateTime64(0, 3) FROM otel_metrics_gauge;

INSERT INTO point_minutes SELECT DISTINCT MetricName, toStartOfMinute(toDateTime(TimeUnix)), toDateTime64(0, 3) FROM otel_metrics_sum;

INSERT INTO point_minutes SELECT DISTINCT MetricName, toStartOfMinute(toDateTime(TimeUnix)), toDateTime64(0, 3) FROM otel_metrics_histogram;

INSERT INTO point_minutes SELECT DISTINCT MetricName, toStartOfMinute(toDateTime(TimeUnix)), toDateTime64(0, 3) FROM otel_metrics_exponential_histogram;

-- Of the bad and of the good events of a minute: Σ w(w − 1), how far sampling lets their counts vary, and how many were really
-- received (0 where nothing is sampled: then the counts say it).
ALTER TABLE {{table:indicator_minutes}} {{on_cluster}} ADD COLUMN IF NOT EXISTS variance_bad Float64 DEFAULT 0 CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS variance_good Float64 DEFAULT 0 CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS seen_bad Float64 DEFAULT 0 CODEC(ZSTD(1)), ADD COLUMN IF NOT EXISTS seen_good Float64 DEFAULT 0 CODEC(ZSTD(1));

ALTER TABLE {{table:indicator_minutes_by_time}} {{on_cluster}} ADD COLUMN IF NOT EXISTS variance_bad Float64 DEFAULT 0 CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS variance_good Float64 DEFAULT 0 CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS seen_bad Float64 DEFAULT 0 CODEC(ZSTD(1)), ADD COLUMN IF NOT EXISTS seen_good Float64 DEFAULT 0 CODEC(ZSTD(1));

ALTER TABLE {{table:indicator_hours}} {{on_cluster}} ADD COLUMN IF NOT EXISTS variance_bad Float64 DEFAULT 0 CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS variance_good Float64 DEFAULT 0 CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS seen_bad Float64 DEFAULT 0 CODEC(ZSTD(1)), ADD COLUMN IF NOT EXISTS seen_good Float64 DEFAULT 0 CODEC(ZSTD(1));

ALTER TABLE indicator_minutes {{on_cluster}} ADD COLUMN IF NOT EXISTS variance_bad Float64 DEFAULT 0, ADD COLUMN IF NOT EXISTS variance_good Float64 DEFAULT 0,
  ADD COLUMN IF NOT EXISTS seen_bad Float64 DEFAULT 0, ADD COLUMN IF NOT EXISTS seen_good Float64 DEFAULT 0;

ALTER TABLE indicator_minutes_by_time {{on_cluster}} ADD COLUMN IF NOT EXISTS variance_bad Float64 DEFAULT 0, ADD COLUMN IF NOT EXISTS variance_good Float64 DEFAULT 0,
  ADD COLUMN IF NOT EXISTS seen_bad Float64 DEFAULT 0, ADD COLUMN IF NOT EXISTS seen_good Float64 DEFAULT 0;

ALTER TABLE indicator_hours {{on_cluster}} ADD COLUMN IF NOT EXISTS variance_bad Float64 DEFAULT 0, ADD COLUMN IF NOT EXISTS variance_good Float64 DEFAULT 0,
  ADD COLUMN IF NOT EXISTS seen_bad Float64 DEFAULT 0, ADD COLUMN IF NOT EXISTS seen_good Float64 DEFAULT 0;

ALTER TABLE indicator_minutes_by_time_mv {{on_cluster}} MODIFY QUERY
SELECT indicator, generation, minute, good, total, measured_at, variance_bad, variance_good, seen_bad, seen_good FROM {{table:indicator_minutes}};

-- How far each generation of an SLI is measured, why it cannot be, and what looks wrong about it. The latest row counts.
CREATE TABLE IF NOT EXISTS {{table:indicator_progress}} {{on_cluster}} (
  indicator String,
  generation String,
  -- the history being measured; both 0 when it is complete
  history_from DateTime64(3),
  history_to DateTime64(3),
  -- everything from here on is measured
  measured_from DateTime64(3),
  -- '' while it can be measured
  error String CODEC(ZSTD(1)),
  updated_at DateTime64(3)
) ENGINE = {{engine:ReplacingMergeTree(updated_at)}}
ORDER BY (indicator, generation);

{{distributed:indicator_progress:cityHash64(indicator)}};

CREATE TABLE IF NOT EXISTS {{table:indicator_warnings}} {{on_cluster}} (
  indicator String,
  generation String,
  -- JSON: [{code, message, hint}]
  warnings String CODEC(ZSTD(1)),
  checked_at DateTime64(3)
) ENGINE = {{engine:ReplacingMergeTree(checked_at)}}
ORDER BY (indicator, generation);

{{distributed:indicator_warnings:cityHash64(indicator)}};

-- Ranges that somebody wants measured again; the evaluator picks them up and writes the row again when done.
CREATE TABLE IF NOT EXISTS {{table:remeasure_requests}} {{on_cluster}} (
  id String,
  slo String,
  range_from DateTime64(3),
  range_to DateTime64(3),
  requested_at DateTime64(3),
  -- null until done
  done_at Nullable(DateTime64(3)),
  revision UInt8
) ENGINE = {{engine:ReplacingMergeTree(revision)}}
ORDER BY id;

{{distributed:remeasure_requests:cityHash64(id)}};
