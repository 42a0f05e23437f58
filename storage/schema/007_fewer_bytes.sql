-- Fewer bytes a span, in new parts and in those merged from now on; `npm run bench -- ingest` shows what is left.

-- An index over all attribute values cost as much as the durations, and no query of a key's value can use it.
ALTER TABLE {{table:otel_traces}} {{on_cluster}} DROP INDEX IF EXISTS idx_span_attr_value;
ALTER TABLE {{table:otel_traces}} {{on_cluster}} DROP INDEX IF EXISTS idx_res_attr_value;
ALTER TABLE {{table:otel_traces}} {{on_cluster}} DROP INDEX IF EXISTS idx_span_attr_key;
ALTER TABLE {{table:otel_traces}} {{on_cluster}} DROP INDEX IF EXISTS idx_res_attr_key;
-- The table is in order of trace ids.
ALTER TABLE {{table:otel_traces_trace_id_ts}} {{on_cluster}} DROP INDEX IF EXISTS idx_trace_id;

-- Long repeats cost nothing from level 3 on; trace ids, which repeat row by row, are smaller at level 1.
ALTER TABLE {{table:otel_traces}} {{on_cluster}}
  MODIFY COLUMN SpanId CODEC(ZSTD(3)),
  MODIFY COLUMN ParentSpanId CODEC(ZSTD(3)),
  MODIFY COLUMN ResourceAttributes CODEC(ZSTD(3)),
  MODIFY COLUMN ScopeName CODEC(ZSTD(3)),
  MODIFY COLUMN ScopeVersion CODEC(ZSTD(3)),
  MODIFY COLUMN SpanAttributes CODEC(ZSTD(3)),
  MODIFY COLUMN Duration CODEC(T64, ZSTD(3));

ALTER TABLE {{table:call_rows}} {{on_cluster}}
  MODIFY COLUMN env CODEC(ZSTD(1)),
  MODIFY COLUMN service CODEC(ZSTD(1)),
  MODIFY COLUMN version CODEC(ZSTD(1)),
  MODIFY COLUMN region CODEC(ZSTD(1)),
  MODIFY COLUMN direction CODEC(ZSTD(1)),
  MODIFY COLUMN dependency CODEC(ZSTD(1)),
  MODIFY COLUMN operation CODEC(ZSTD(1)),
  MODIFY COLUMN protocol CODEC(ZSTD(1)),
  MODIFY COLUMN outcome CODEC(ZSTD(1)),
  MODIFY COLUMN status CODEC(ZSTD(1)),
  MODIFY COLUMN error_type CODEC(ZSTD(1)),
  MODIFY COLUMN attempt CODEC(ZSTD(1)),
  MODIFY COLUMN nested CODEC(ZSTD(1)),
  MODIFY COLUMN synthetic CODEC(ZSTD(1)),
  MODIFY COLUMN weight CODEC(ZSTD(1)),
  MODIFY COLUMN span_id CODEC(ZSTD(3)),
  MODIFY COLUMN parent_span_id CODEC(ZSTD(3)),
  MODIFY COLUMN correlation_id COMMENT 'empty where the trace id is the correlation id';
