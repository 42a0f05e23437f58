-- What the evaluator knows: measured minutes, the definitions they belong to, and the append-only history of its decisions.
-- Current state is the latest row per key.

CREATE TABLE IF NOT EXISTS {{table:indicator_minutes}} {{on_cluster}} (
  indicator LowCardinality(String),
  generation LowCardinality(String),
  minute DateTime CODEC(DoubleDelta, ZSTD(1)),
  good Float64 CODEC(ZSTD(1)),
  total Float64 CODEC(ZSTD(1)),
  measured_at DateTime64(3) CODEC(Delta, ZSTD(1))
) ENGINE = {{engine:ReplacingMergeTree(measured_at)}}
PARTITION BY toYYYYMM(minute)
ORDER BY (indicator, generation, minute);

{{distributed:indicator_minutes:cityHash64(indicator)}};

CREATE TABLE IF NOT EXISTS {{table:slo_definitions}} {{on_cluster}} (
  name String,
  -- 'active' | 'invalid' (refused: the last active version stays in force) | 'removed'
  state LowCardinality(String),
  generation String,
  -- the resolved SLO as JSON ('' when refused or removed)
  definition String CODEC(ZSTD(1)),
  -- what was wrong, as JSON: [{file, line, path, code, message}]
  problems String CODEC(ZSTD(1)),
  source String,
  changed_at DateTime64(3)
) ENGINE = {{engine:MergeTree}}
ORDER BY (name, changed_at);

{{distributed:slo_definitions:cityHash64(name)}};

CREATE TABLE IF NOT EXISTS {{table:alert_events}} {{on_cluster}} (
  slo String,
  at DateTime64(3),
  -- event time the decision was made for
  watermark DateTime64(3),
  reason LowCardinality(String),
  incident String,
  sequence UInt32,
  -- the alert's state after this event, as JSON: the evaluator continues from the latest one
  state String CODEC(ZSTD(1)),
  -- readings of both windows of the deciding tier, as JSON
  evidence String CODEC(ZSTD(1)),
  -- notifications this event owes, as JSON: rows of `notifications` are derived from it
  intents String CODEC(ZSTD(1))
) ENGINE = {{engine:MergeTree}}
PARTITION BY toYYYYMM(at)
ORDER BY (slo, at, sequence);

{{distributed:alert_events:cityHash64(slo)}};

CREATE TABLE IF NOT EXISTS {{table:incidents}} {{on_cluster}} (
  id String,
  -- 'open' | 'resolved'
  state LowCardinality(String),
  severity LowCardinality(String),
  slo String,
  service String,
  started_at DateTime64(3),
  resolved_at Nullable(DateTime64(3)),
  title String,
  root_cause String,
  -- readings, dependency with the most bad calls, exemplar traces, budget, as JSON
  details String CODEC(ZSTD(1)),
  updated_at DateTime64(3),
  revision UInt32
) ENGINE = {{engine:ReplacingMergeTree(revision)}}
ORDER BY id;

{{distributed:incidents:cityHash64(id)}};

CREATE TABLE IF NOT EXISTS {{table:notifications}} {{on_cluster}} (
  -- webhook-id: stable over retries and restarts
  id String,
  endpoint LowCardinality(String),
  incident String,
  sequence UInt32,
  -- 'firing' | 'resolved'
  event LowCardinality(String),
  reason LowCardinality(String),
  severity LowCardinality(String),
  -- 'pending' | 'delivered' | 'dead' | 'superseded'
  state LowCardinality(String),
  body String CODEC(ZSTD(1)),
  attempts UInt32,
  first_attempt_at Nullable(DateTime64(3)),
  next_attempt_at DateTime64(3),
  last_status UInt16,
  last_error String,
  created_at DateTime64(3),
  updated_at DateTime64(3),
  revision UInt32
) ENGINE = {{engine:ReplacingMergeTree(revision)}}
ORDER BY id;

{{distributed:notifications:cityHash64(id)}};
