-- Every attempt at a notification: written before it is made, and again with its result. An attempt without a result
-- may have arrived.

CREATE TABLE IF NOT EXISTS {{table:delivery_attempts}} {{on_cluster}} (
  notification String,
  attempt UInt32,
  endpoint LowCardinality(String),
  incident String,
  started_at DateTime64(3),
  -- 'unknown' until the result is in | 'accepted' | 'maybe' | 'no': whether the message arrived
  arrival LowCardinality(String),
  -- HTTP status, 0 without an answer
  status UInt16,
  error String,
  latency_ms UInt32,
  -- the first 512 bytes of the answer
  answer String CODEC(ZSTD(1)),
  revision UInt32
) ENGINE = {{engine:ReplacingMergeTree(revision)}}
PARTITION BY toYYYYMM(started_at)
ORDER BY (incident, notification, attempt);

{{distributed:delivery_attempts:cityHash64(incident)}};
