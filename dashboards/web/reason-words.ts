/** Why somebody was told or not, in words; docs/alerting.md says more about each. */
const REASON: Record<string, string> = {
  first: 'it began',
  escalated: 'a ticket became a page',
  deescalated: 'the page is over, a ticket remains',
  members_added: 'more alerts joined',
  repeat: 'still open',
  escalation_step: 'nobody acknowledged it',
  fallback: 'the first endpoint could not be reached',
  resolved: 'it is over',
  slo_removed: 'the SLO was removed, not known to be over',
  alerting_off: 'its alerts were switched off, not known to be over',
  target_changed: 'its definition was changed, not known to be over',
  excluded: 'maintenance leaves this time out of the budget',
  budget_reset: 'the error budget was reset',
  endpoint_removed: 'the endpoint is not configured any more',
  silence_ended: 'a silence ended, and it still fires',
  maintenance_ended: 'maintenance ended, and it still fires',
  ack_expired: 'the acknowledgement ended, and it still fires',
  acknowledged: 'acknowledged',
  replay: 'sent again by hand',
  absorbed_by_page: 'a page says it already',
  covered_by_page: 'a page says it already',
  grouped_under_root: 'another incident with the same cause says it',
  inhibited: 'explained by another alert',
  silenced: 'silenced',
  maintenance: 'maintenance',
  quiet_hours: 'quiet hours',
  group_wait: 'waits for company',
  group_interval: 'told a moment ago',
  repeat_not_due: 'told already',
  severity_filter: 'not routed for this severity',
  never_announced: 'it was never told that it began',
  superseded: 'newer news came first',
  endpoint_disabled: 'the endpoint is switched off',
  policy_off: 'the author wants no message',
  dry_run: 'dry run',
  same_state: 'nothing new',
  keep_firing: 'waits until it is over for good',
  hysteresis_hold: 'just below the threshold',
  late_only: 'the data came late',
}

export const reasonWords = (reason: string): string => REASON[reason] ?? reason.replaceAll('_', ' ')

const DID: Record<string, string> = {
  acknowledge: 'acknowledged it',
  unacknowledge: 'gave it back',
  assign: 'assigned it to',
  comment: 'commented',
}

/** What a person did: `acknowledged it`. */
export const didWords = (action: string): string => DID[action] ?? action
