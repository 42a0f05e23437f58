-- Spans and metric points in the columns of the OpenTelemetry ClickHouse exporter, so that boards and plugins made for it work.

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
  INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_duration Duration TYPE minmax GRANULARITY 1
) ENGINE = {{engine:MergeTree}}
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)
PRIMARY KEY (ServiceName, SpanName, toDateTime(Timestamp))
SETTINGS {{ingest}};

{{distributed:otel_traces:cityHash64(TraceId)}};

CREATE TABLE IF NOT EXISTS {{table:otel_traces_trace_id_ts}} {{on_cluster}} (
  TraceId String CODEC(ZSTD(1)),
  Start DateTime CODEC(Delta, ZSTD(1)),
  End DateTime CODEC(Delta, ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = {{engine:MergeTree}}
PARTITION BY toDate(Start)
ORDER BY (TraceId, Start)
SETTINGS {{ingest}};

{{distributed:otel_traces_trace_id_ts:cityHash64(TraceId)}};

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_trace_id_ts_mv {{on_cluster}} TO {{table:otel_traces_trace_id_ts}} AS
SELECT TraceId, toDateTime(min(Timestamp)) AS Start, toDateTime(max(Timestamp)) AS End
FROM {{table:otel_traces}} WHERE TraceId != '' GROUP BY TraceId;

CREATE TABLE IF NOT EXISTS {{table:otel_metrics_gauge}} {{on_cluster}} (
  {{metric_columns}},
  Value Float64 CODEC(ZSTD(1)),
  {{exemplar_columns}}
) ENGINE = {{engine:MergeTree}}
PARTITION BY toDate(TimeUnix)
ORDER BY {{metric_order}}
SETTINGS {{ingest}};

{{distributed:otel_metrics_gauge:cityHash64(ServiceName)}};

CREATE TABLE IF NOT EXISTS {{table:otel_metrics_sum}} {{on_cluster}} (
  {{metric_columns}},
  Value Float64 CODEC(ZSTD(1)),
  {{exemplar_columns}},
  AggregationTemporality Int32 CODEC(ZSTD(1)),
  IsMonotonic Bool CODEC(ZSTD(1))
) ENGINE = {{engine:MergeTree}}
PARTITION BY toDate(TimeUnix)
ORDER BY {{metric_order}}
SETTINGS {{ingest}};

{{distributed:otel_metrics_sum:cityHash64(ServiceName)}};

CREATE TABLE IF NOT EXISTS {{table:otel_metrics_histogram}} {{on_cluster}} (
  {{metric_columns}},
  Count UInt64 CODEC(Delta, ZSTD(1)),
  Sum Float64 CODEC(ZSTD(1)),
  BucketCounts Array(UInt64) CODEC(ZSTD(1)),
  ExplicitBounds Array(Float64) CODEC(ZSTD(1)),
  {{exemplar_columns}},
  Min Float64 CODEC(ZSTD(1)),
  Max Float64 CODEC(ZSTD(1)),
  AggregationTemporality Int32 CODEC(ZSTD(1))
) ENGINE = {{engine:MergeTree}}
PARTITION BY toDate(TimeUnix)
ORDER BY {{metric_order}}
SETTINGS {{ingest}};

{{distributed:otel_metrics_histogram:cityHash64(ServiceName)}};

CREATE TABLE IF NOT EXISTS {{table:otel_metrics_exponential_histogram}} {{on_cluster}} (
  {{metric_columns}},
  Count UInt64 CODEC(Delta, ZSTD(1)),
  Sum Float64 CODEC(ZSTD(1)),
  Scale Int32 CODEC(ZSTD(1)),
  ZeroCount UInt64 CODEC(ZSTD(1)),
  PositiveOffset Int32 CODEC(ZSTD(1)),
  PositiveBucketCounts Array(UInt64) CODEC(ZSTD(1)),
  NegativeOffset Int32 CODEC(ZSTD(1)),
  NegativeBucketCounts Array(UInt64) CODEC(ZSTD(1)),
  {{exemplar_columns}},
  Min Float64 CODEC(ZSTD(1)),
  Max Float64 CODEC(ZSTD(1)),
  AggregationTemporality Int32 CODEC(ZSTD(1))
) ENGINE = {{engine:MergeTree}}
PARTITION BY toDate(TimeUnix)
ORDER BY {{metric_order}}
SETTINGS {{ingest}};

{{distributed:otel_metrics_exponential_histogram:cityHash64(ServiceName)}};

CREATE TABLE IF NOT EXISTS {{table:otel_metrics_summary}} {{on_cluster}} (
  {{metric_columns}},
  Count UInt64 CODEC(Delta, ZSTD(1)),
  Sum Float64 CODEC(ZSTD(1)),
  ValueAtQuantiles Nested(Quantile Float64, Value Float64) CODEC(ZSTD(1))
) ENGINE = {{engine:MergeTree}}
PARTITION BY toDate(TimeUnix)
ORDER BY {{metric_order}}
SETTINGS {{ingest}};

{{distributed:otel_metrics_summary:cityHash64(ServiceName)}};
