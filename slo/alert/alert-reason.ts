/**
 * Why an endpoint was told, or was not: the same code is journal entry, log field, metric label and test name.
 * docs/alerting.md explains each one.
 */
export const NOTIFY_REASONS = [
  'first',
  'escalated',
  'deescalated',
  'members_added',
  'repeat',
  'escalation_step',
  'fallback',
  'resolved',
  'slo_removed',
  'alerting_off',
  'target_changed',
  'excluded',
  'budget_reset',
  'endpoint_removed',
  'silence_ended',
  'maintenance_ended',
  'ack_expired',
  'acknowledged',
  'replay',
  'test',
] as const
export type NotifyReason = (typeof NOTIFY_REASONS)[number]

/** Why something ends that is not known to have recovered: people decided so. */
export const CLOSING_REASONS = [
  'slo_removed',
  'alerting_off',
  'target_changed',
  'excluded',
  'budget_reset',
  'endpoint_removed',
] as const satisfies readonly NotifyReason[]
export type ClosingReason = (typeof CLOSING_REASONS)[number]

export const isClosing = (reason: string): reason is ClosingReason => CLOSING_REASONS.some((each) => each === reason)

/** What keeps a tier from being judged. */
export const FROZEN_REASONS = [
  'frozen_stale',
  'frozen_coverage',
  'frozen_no_events',
  'frozen_min_events',
  'frozen_excluded',
  'frozen_remeasuring',
  'frozen_invalid',
] as const
export type FrozenReason = (typeof FROZEN_REASONS)[number]

export const WITHHELD_REASONS = [
  'healthy',
  'pending',
  'pending_dropped',
  'same_state',
  'hysteresis_hold',
  'keep_firing',
  'absorbed_by_page',
  'covered_by_page',
  'grouped_under_root',
  'inhibited',
  'silenced',
  'maintenance',
  'acknowledged',
  'quiet_hours',
  'group_wait',
  'group_interval',
  'repeat_not_due',
  'below_min_bad_events',
  'few_heavy_calls',
  'share_not_reached',
  'late_only',
  'never_announced',
  'superseded',
  'severity_filter',
  'endpoint_disabled',
  'policy_off',
  'dry_run',
  ...FROZEN_REASONS,
] as const
export type WithheldReason = (typeof WITHHELD_REASONS)[number]

export type Reason = NotifyReason | WithheldReason
