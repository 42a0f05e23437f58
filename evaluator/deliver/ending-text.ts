import type { ClosingReason } from '../../slo/alert/alert-reason.ts'
import { isClosing } from '../../slo/alert/alert-reason.ts'
import type { Ending } from '../../slo/alert/ending.ts'
import type { Member } from '../../slo/alert/incident.ts'

/** What people did, where an alert ended without a sign of recovery. */
const DONE: Record<ClosingReason, (what: string, by: string) => string> = {
  slo_removed: (what, by) => `${what} was removed${by}`,
  alerting_off: (what, by) => `alerts about ${what} were switched off${by}`,
  target_changed: (what, by) => `the definition of ${what} was changed${by}`,
  excluded: (what, by) => `maintenance leaves this time out of the budget of ${what}${by}`,
  budget_reset: (what, by) => `the error budget of ${what} was reset${by}`,
  endpoint_removed: () => 'this endpoint is not configured any more',
}

/** `not known to be over: checkout-availability was removed by sam (moved to cart)`; '' for alerts that recovered. */
export function endingText(member: Member, reason: string): string {
  const ending = member.ending ?? (isClosing(reason) ? { reason, by: '', why: '' } : null)
  return ending ? `not known to be over: ${doneText(ending, member)}` : ''
}

function doneText({ reason, by, why }: Ending, { slo, alert }: Member): string {
  const done = DONE[reason](slo || alert, by === '' ? '' : ` by ${by}`)
  return why === '' ? done : `${done} (${why})`
}

/** What is left to do about it. */
export const stepAfterEnding = ({ slo, service, alert }: Member): string =>
  `check ${service || slo || alert} yourself: it failed when it was measured last`
