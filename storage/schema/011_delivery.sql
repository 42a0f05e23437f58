-- Where each attempt went, what endpoints are like, and what people ask the evaluator to send.

-- a digest of the address (and routing key) the attempt was made at: messages about one incident stay at one address
ALTER TABLE {{table:delivery_attempts}} {{on_cluster}} ADD COLUMN IF NOT EXISTS target String AFTER incident;

ALTER TABLE delivery_attempts {{on_cluster}} ADD COLUMN IF NOT EXISTS target String AFTER incident;

CREATE TABLE IF NOT EXISTS {{table:endpoint_states}} {{on_cluster}} (
  endpoint LowCardinality(String),
  at DateTime64(3),
  -- 'closed' | 'open': whether it failed so often that one message at a time tries it
  circuit LowCardinality(String),
  -- it answered that it is gone: it gets no new incidents
  disabled Bool,
  pending UInt32,
  oldest_pending_at Nullable(DateTime64(3)),
  owed_resolves UInt32,
  dead_letters UInt32,
  last_delivered_at Nullable(DateTime64(3)),
  last_error String
) ENGINE = {{engine:ReplacingMergeTree(at)}}
ORDER BY endpoint;

{{distributed:endpoint_states:cityHash64(endpoint)}};

-- Asked of the API, done by the evaluator; the row with the highest revision counts.
CREATE TABLE IF NOT EXISTS {{table:delivery_requests}} {{on_cluster}} (
  id String,
  -- 'replay' | 'test'
  kind LowCardinality(String),
  -- the message: to be sent again, or that a test is sent as
  notification String,
  -- of a test
  endpoint LowCardinality(String),
  -- name of the token, '' without
  requested_by String,
  requested_at DateTime64(3),
  done Bool,
  revision UInt32
) ENGINE = {{engine:ReplacingMergeTree(revision)}}
ORDER BY id;

{{distributed:delivery_requests:cityHash64(id)}};
