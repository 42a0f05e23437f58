import type { Reason, WithheldReason } from '../../slo/alert/alert-reason.ts'
import type { Severity } from '../../slo/model.ts'
import type { Notification } from '../../storage/notifications.ts'

/** What came of one made-up incident, each list in order of time. */
export interface Rehearsal {
  sends: Send[]
  failed: Failed[]
  unsent: Unsent[]
  decided: Decided[]
}

/** One delivery that its receiver accepted: what `--json` prints, in docs/alerting.md. */
export interface Send {
  scenario: string
  endpoint: string
  event: Notification['event']
  reason: Notification['reason']
  severity: Severity
  /** Alert ids, sorted. */
  slos: string[]
  root_cause: string | null
  incident: string
  /** Seconds from minute 0. */
  at_s: number
  /** What was read when each burning SLO rose; null for other reasons and alerts. */
  evidence: SendEvidence[] | null
  /** For people: what the message says in one line. Not part of the JSON. */
  summary: string
}

export interface SendEvidence {
  slo: string
  tier: string
  long: { good: number; total: number }
  short: { good: number; total: number }
  burn_long: number
  burn_short: number
}

interface About {
  at_s: number
  endpoint: string
  incident: string
  slos: string[]
}

/** One attempt that its receiver did not accept, and what it answered. */
export interface Failed extends About {
  error: string
}

/** One endpoint that was not told at a change, or is not tried any more, and why. */
export interface Unsent extends About {
  reason: WithheldReason | 'given up'
}

/** One alert that changed without anybody being told for that alone. */
export interface Decided {
  at_s: number
  alert: string
  reason: Reason
  /** Tiers that would have fired and cleared while their minutes were missing. */
  late: string[]
}
