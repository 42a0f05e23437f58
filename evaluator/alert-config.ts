import type { Config } from '../runtime/config-schema.ts'
import { ALERT_POLICY, type AlertPolicy } from '../slo/alert/alert-policy.ts'
import type { AlertName } from '../slo/alert/incident.ts'

type Alerting = Config['alerting']

/** How patient alerts are, as the configuration says. */
export const policyOf = ({ keepFiring, groupWait, groupInterval, repeat, dryRun }: Alerting): AlertPolicy => ({
  ...ALERT_POLICY,
  keepFiringMs: keepFiring,
  groupWaitMs: groupWait,
  groupIntervalMs: groupInterval,
  repeatMs: repeat,
  dryRun,
})

const KINDS: Record<keyof Alerting['kinds'], AlertName> = {
  budgetSpent: 'SLOBudgetSpent',
  exhaustion: 'SLOExhaustion',
  absence: 'TelemetryAbsent',
  failureModes: 'DependencyFailureMode',
  probes: 'ProbeFailing',
  blind: 'PlumblineBlind',
  unusual: 'SLOUnusual',
}

/** Kinds of alert that are wanted; burn rates always are. */
export const kindsOf = ({ kinds }: Pick<Alerting, 'kinds'>): ReadonlySet<AlertName> =>
  new Set<AlertName>([
    'SLOBurnRate',
    ...Object.entries(KINDS).flatMap(([key, kind]) => (kinds[key as keyof typeof KINDS] ? [kind] : [])),
  ])
