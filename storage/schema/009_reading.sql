-- What reading every budgeting method cheaply needs: what an hour's slices add up to, beside its sums.

ALTER TABLE {{table:indicator_hours}} {{on_cluster}}
  -- minutes with events
  ADD COLUMN IF NOT EXISTS filled Float64 DEFAULT 0 CODEC(ZSTD(1)),
  -- by place of their length in HOUR_SLICES: slices with events, and the sum of (1 - good / total) over them
  ADD COLUMN IF NOT EXISTS slices_filled Array(Float64) CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS slices_lost Array(Float64) CODEC(ZSTD(1)),
  -- (good, total) of those with bad events: whatever the slice target is, only these can miss it
  ADD COLUMN IF NOT EXISTS slices_imperfect Array(Array(Tuple(Float64, Float64))) CODEC(ZSTD(1));

ALTER TABLE indicator_hours {{on_cluster}}
  ADD COLUMN IF NOT EXISTS filled Float64 DEFAULT 0,
  ADD COLUMN IF NOT EXISTS slices_filled Array(Float64),
  ADD COLUMN IF NOT EXISTS slices_lost Array(Float64),
  ADD COLUMN IF NOT EXISTS slices_imperfect Array(Array(Tuple(Float64, Float64)));

-- Hours are sums of minutes: those summed without the columns above are summed again by the next tick.
TRUNCATE TABLE {{table:indicator_hours}} {{on_cluster}};

-- Who let a budget begin anew, when and why. Append-only: the row is its own audit.
CREATE TABLE IF NOT EXISTS {{table:budget_resets}} {{on_cluster}} (
  id String,
  slo String,
  at DateTime64(3),
  reason String,
  reset_by String,
  recorded_at DateTime64(3)
) ENGINE = {{engine:ReplacingMergeTree(recorded_at)}}
ORDER BY (slo, at, id);

{{distributed:budget_resets:cityHash64(slo)}};
