-- Every integration call, narrow and typed, and its additive rollup by minute. A call is one row with sign 1. One whose parent
-- came later and made it a nested one has two more: a row with sign -1 that takes the first back, and the same as nested. So
-- sums weighted by sign are right at once, in whatever order rows arrive, and the view `calls` shows each call once.
-- Sharded by service, so that an indicator's minutes live on one shard.

CREATE TABLE IF NOT EXISTS {{table:call_rows}} {{on_cluster}} (
  ts DateTime64(9) CODEC(Delta, ZSTD(1)),
  env LowCardinality(String),
  service LowCardinality(String),
  version LowCardinality(String),
  region LowCardinality(String),
  direction Enum8('outbound' = 1, 'inbound' = 2),
  dependency LowCardinality(String),
  operation LowCardinality(String),
  protocol LowCardinality(String),
  outcome LowCardinality(String),
  status LowCardinality(String),
  error_type LowCardinality(String),
  attempt UInt16,
  nested Bool,
  synthetic Bool,
  weight Float64,
  duration_ns UInt64 CODEC(T64, ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  parent_span_id String CODEC(ZSTD(1)),
  correlation_id String CODEC(ZSTD(1)),
  attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  sign Int8 DEFAULT 1 CODEC(ZSTD(1)),
  INDEX idx_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_correlation_id correlation_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = {{engine:VersionedCollapsingMergeTree(sign, nested)}}
PARTITION BY toDate(ts)
ORDER BY (service, toStartOfMinute(ts), trace_id, ts, span_id)
PRIMARY KEY (service, toStartOfMinute(ts), trace_id)
SETTINGS {{ingest}};

{{distributed:call_rows:cityHash64(service)}};

-- Every call once, as it is known now.
CREATE VIEW IF NOT EXISTS calls {{on_cluster}} AS
SELECT ts, env, service, version, region, direction, dependency, operation, protocol, outcome, status, error_type, attempt,
  nested, synthetic, weight, duration_ns, trace_id, span_id, parent_span_id, correlation_id, attributes
FROM call_rows FINAL WHERE sign = 1;

CREATE TABLE IF NOT EXISTS {{table:calls_1m}} {{on_cluster}} (
  minute DateTime CODEC(DoubleDelta, ZSTD(1)),
  env LowCardinality(String),
  service LowCardinality(String),
  dependency LowCardinality(String),
  direction Enum8('outbound' = 1, 'inbound' = 2),
  operation LowCardinality(String),
  protocol LowCardinality(String),
  outcome LowCardinality(String),
  status LowCardinality(String),
  version LowCardinality(String),
  nested Bool,
  synthetic Bool,
  -- weighted by sampling probability
  calls SimpleAggregateFunction(sum, Float64),
  -- as received
  samples SimpleAggregateFunction(sum, Int64),
  -- Σ w(w − 1): the sampling variance of `calls`
  variance SimpleAggregateFunction(sum, Float64),
  retries SimpleAggregateFunction(sum, Float64),
  duration_ns SimpleAggregateFunction(sum, Float64),
  -- bucket = floor(32 · log2(duration_ns)), so bounds are 2^(1/32) apart (2.2 %)
  latency SimpleAggregateFunction(sumMap, Map(UInt16, Float64))
) ENGINE = {{engine:AggregatingMergeTree}}
PARTITION BY toYYYYMM(minute)
ORDER BY (service, dependency, minute, env, direction, operation, protocol, outcome, status, version, nested, synthetic)
SETTINGS {{ingest}};

{{distributed:calls_1m:cityHash64(service)}};

CREATE MATERIALIZED VIEW IF NOT EXISTS calls_1m_mv {{on_cluster}} TO {{table:calls_1m}} AS
SELECT
  toStartOfMinute(toDateTime(ts)) AS minute,
  env, service, dependency, direction, operation, protocol, outcome, status, version, nested, synthetic,
  sum(sign * weight) AS calls,
  sum(sign) AS samples,
  sum(sign * weight * (weight - 1)) AS variance,
  sumIf(sign * weight, attempt > 0) AS retries,
  sum(sign * weight * c.duration_ns) AS duration_ns,
  sumMap(map(toUInt16(floor(32 * log2(greatest(c.duration_ns, 1)))), sign * weight)) AS latency
FROM {{table:call_rows}} AS c
GROUP BY minute, env, service, dependency, direction, operation, protocol, outcome, status, version, nested, synthetic;

-- One row per stored segment, and heartbeats while idle: tells late data, and "no traffic" from "blind".
CREATE TABLE IF NOT EXISTS {{table:ingest_log}} {{on_cluster}} (
  collector LowCardinality(String),
  segment String,
  -- event-time range of the calls in the segment; both null for a heartbeat or a segment without calls
  first_ts Nullable(DateTime64(9)),
  last_ts Nullable(DateTime64(9)),
  calls UInt64,
  spans UInt64,
  points UInt64,
  -- everything this collector acknowledged before this instant is stored
  complete_until DateTime64(3),
  ingested_at DateTime64(3) DEFAULT now64(3)
) ENGINE = {{engine:MergeTree}}
PARTITION BY toDate(ingested_at)
ORDER BY (ingested_at, collector)
TTL toDateTime(ingested_at) + INTERVAL 40 DAY
SETTINGS {{ingest}};

{{distributed:ingest_log:cityHash64(collector)}};
