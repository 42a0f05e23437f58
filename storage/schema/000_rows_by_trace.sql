-- The order of rows in new stores, which no later file can change: applied before the files that make the same tables, so a
-- store that has them already keeps its order. Spans of a trace lie beside each other, which halves the bytes of their ids.

CREATE TABLE IF NOT EXISTS {{table:otel_traces}} {{on_cluster}} (
  Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  ParentSpanId String CODEC(ZSTD(1)),
  TraceState String CODEC(ZSTD(1)),
  SpanName LowCardinality(String) CODEC(ZSTD(1)),
  SpanKind LowCardinality(String) CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  Duration UInt64 CODEC(ZSTD(1)),
  StatusCode LowCardinality(String) CODEC(ZSTD(1)),
  StatusMessage String CODEC(ZSTD(1)),
  Events Nested(Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
  Links Nested(TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_duration Duration TYPE minmax GRANULARITY 1
) ENGINE = {{engine:MergeTree}}
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, toStartOfMinute(Timestamp), TraceId, Timestamp)
PRIMARY KEY (ServiceName, toStartOfMinute(Timestamp), TraceId)
SETTINGS {{ingest}};

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
  sign Int8 DEFAULT 1,
  INDEX idx_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_correlation_id correlation_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = {{engine:VersionedCollapsingMergeTree(sign, nested)}}
PARTITION BY toDate(ts)
ORDER BY (service, toStartOfMinute(ts), trace_id, ts, span_id)
PRIMARY KEY (service, toStartOfMinute(ts), trace_id)
SETTINGS {{ingest}};
