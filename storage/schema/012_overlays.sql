-- What people say: silences, planned work, what they did about an incident, what was deployed, and who changed what.
-- Append-only; what holds now is the row with the highest revision, for actions and deployments the latest.

CREATE TABLE IF NOT EXISTS {{table:silences}} {{on_cluster}} (
  id String,
  revision UInt32,
  -- [{name, op, value}] as JSON
  matchers String,
  starts_at DateTime64(3),
  ends_at DateTime64(3),
  created_by String,
  comment String,
  created_at DateTime64(3),
  -- 'api', or the file it is kept in
  source String,
  changed_at DateTime64(3)
) ENGINE = {{engine:MergeTree}}
ORDER BY (id, revision);

{{distributed:silences:cityHash64(id)}};

CREATE TABLE IF NOT EXISTS {{table:maintenance_windows}} {{on_cluster}} (
  id String,
  revision UInt32,
  -- {services, slos, dependencies, environments} as JSON
  scope String,
  -- {from, to}, {rrule, durationMinutes} or {cron, timeZone, durationMinutes} as JSON
  schedule String,
  suppress Bool,
  exclude_from_budget Bool,
  reason String,
  created_by String,
  created_at DateTime64(3),
  -- nothing of it takes place after this
  ended_at Nullable(DateTime64(3)),
  review_at Nullable(DateTime64(3)),
  -- taken back: as if it had never been
  revoked Bool,
  source String,
  changed_at DateTime64(3)
) ENGINE = {{engine:MergeTree}}
ORDER BY (id, revision);

{{distributed:maintenance_windows:cityHash64(id)}};

CREATE TABLE IF NOT EXISTS {{table:incident_actions}} {{on_cluster}} (
  incident String,
  at DateTime64(3),
  -- 'acknowledge' | 'unacknowledge' | 'assign' | 'comment'
  action LowCardinality(String),
  author String,
  -- the comment, or who it is assigned to
  text String CODEC(ZSTD(1)),
  -- until when an acknowledgement holds
  until Nullable(DateTime64(3))
) ENGINE = {{engine:MergeTree}}
ORDER BY (incident, at);

{{distributed:incident_actions:cityHash64(incident)}};

CREATE TABLE IF NOT EXISTS {{table:deployments}} {{on_cluster}} (
  id String,
  service String,
  env LowCardinality(String),
  version String,
  previous_version String,
  -- 'started' | 'succeeded' | 'failed' | 'rolled_back'
  status LowCardinality(String),
  at DateTime64(3),
  commit String,
  url String,
  author String,
  source String,
  received_at DateTime64(3)
) ENGINE = {{engine:MergeTree}}
PARTITION BY toYYYYMM(at)
ORDER BY (service, at, id, received_at);

{{distributed:deployments:cityHash64(service)}};

CREATE TABLE IF NOT EXISTS {{table:audit_log}} {{on_cluster}} (
  at DateTime64(3),
  author String,
  -- name of the token, '' without
  token String,
  -- `silence.create`, `incident.acknowledge`, …
  action LowCardinality(String),
  target String,
  detail String CODEC(ZSTD(1))
) ENGINE = {{engine:MergeTree}}
PARTITION BY toYYYYMM(at)
ORDER BY at;

{{distributed:audit_log:cityHash64(target)}};
