import type { Severity, Slo } from '../model.ts'
import { subjectOf } from '../overlay/maintenance.ts'
import { selectionKey } from '../selection-key.ts'
import type { AlertEvidence } from './alert-facts.ts'
import type { Condition } from './alert-state.ts'
import type { AlertName } from './incident.ts'
import type { AlertSubject } from './incident-group.ts'

/** What one evaluation says about one alert that is not a burn rate. */
export interface Signal {
  subject: AlertSubject
  conditions: readonly Condition[]
  /** When it is judged, in ms: event time, or wall clock for alerts about Plumbline itself. */
  at: number
  keepFiringMs: Readonly<Record<Severity, number>>
  /** The root cause that the alert is about by itself; absent or '' when it names none. */
  root?: string
  /** Whether its first message waits for company. */
  waits: boolean
  /** One line: what is wrong. */
  summary: string
  /** The numbers of its messages, beyond those of the SLO's budget. */
  evidence?: AlertEvidence
}

const MINUTE_MS = 60_000

/** Ends five minutes after its condition does, whatever its severity. */
export const SHORT_KEEP_MS: Readonly<Record<Severity, number>> = { page: 5 * MINUTE_MS, ticket: 5 * MINUTE_MS }

/** The subject of an alert about an SLO; `suffix` sets it apart from the SLO's burn-rate alert. */
export function sloSubject(slo: Slo, alertname: AlertName, suffix = ''): AlertSubject {
  const { dependency, env } = subjectOf(slo)
  const labels = present({
    ...slo.labels,
    alertname,
    condition: suffix,
    env,
    owner: slo.owner,
    service: slo.service,
    slo: slo.name,
  })
  const { name, service, owner, runbook } = slo
  const alert = suffix === '' ? name : `${name}#${suffix}`
  // Targets of one SLI, and SLOs over the same calls, fail together: without a root cause that is what they have in common.
  const group = `sli:${selectionKey(slo.indicator)}${suffix === '' ? '' : `#${suffix}`}`
  return { alert, group, alertname, slo: name, service, dependency, env, owner, runbook, labels }
}

/** The subject of an alert about a dependency, or about Plumbline itself (`env: 'plumbline'`). */
export function subjectWith(
  alert: string,
  alertname: AlertName,
  { env = '', dependency = '', service = '', owner = '', condition = '' },
): AlertSubject {
  const labels = present({ alertname, condition, dependency, env, owner, service })
  return { alert, group: alert, alertname, slo: '', service, dependency, env, owner, runbook: '', labels }
}

/** Without what is not known: an empty label says nothing. */
const present = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
