-- Incidents as groups of alerts: the alerts each one has or had, as JSON; and what a journal row is about.

ALTER TABLE {{table:incidents}} {{on_cluster}} ADD COLUMN IF NOT EXISTS members String CODEC(ZSTD(1)) AFTER details;

ALTER TABLE incidents {{on_cluster}} ADD COLUMN IF NOT EXISTS members String CODEC(ZSTD(1)) AFTER details;

-- 'alert': one alert's own state, `slo` is its id; 'incident': what follows for an incident, `slo` is the incident's id
ALTER TABLE {{table:alert_events}} {{on_cluster}} ADD COLUMN IF NOT EXISTS kind LowCardinality(String) DEFAULT 'alert' AFTER slo;

ALTER TABLE alert_events {{on_cluster}} ADD COLUMN IF NOT EXISTS kind LowCardinality(String) DEFAULT 'alert' AFTER slo;
