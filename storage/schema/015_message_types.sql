-- For which type of endpoint a message's body is written: one that has become another type gets it written anew. '' in rows from before.

ALTER TABLE {{table:notifications}} {{on_cluster}} ADD COLUMN IF NOT EXISTS type LowCardinality(String) AFTER state;

ALTER TABLE notifications {{on_cluster}} ADD COLUMN IF NOT EXISTS type LowCardinality(String) AFTER state;
