import type { Severity } from '../model.ts'
import { ALERT_POLICY, type AlertPolicy } from './alert-policy.ts'
import type { AlertName } from './incident.ts'

/** What a configuration says about alerts; durations in ms. */
export interface AlertSettings {
  keepFiring: Readonly<Record<Severity, number>>
  groupWait: Readonly<Record<Severity, number>>
  groupInterval: number
  repeat: Readonly<Record<Severity, number>>
  dryRun: boolean
  kinds: Readonly<Record<keyof typeof KINDS, boolean>>
}

/** How patient alerts are, as the configuration says. */
export const policyOf = ({
  keepFiring,
  groupWait,
  groupInterval,
  repeat,
  dryRun,
}: Omit<AlertSettings, 'kinds'>): AlertPolicy => ({
  ...ALERT_POLICY,
  keepFiringMs: keepFiring,
  groupWaitMs: groupWait,
  groupIntervalMs: groupInterval,
  repeatMs: repeat,
  dryRun,
})

const KINDS = {
  budgetSpent: 'SLOBudgetSpent',
  exhaustion: 'SLOExhaustion',
  absence: 'TelemetryAbsent',
  failureModes: 'DependencyFailureMode',
  probes: 'ProbeFailing',
  blind: 'PlumblineBlind',
  unusual: 'SLOUnusual',
} as const satisfies Record<string, AlertName>

/** Kinds of alert that are wanted; burn rates always are. */
export const kindsOf = ({ kinds }: Pick<AlertSettings, 'kinds'>): ReadonlySet<AlertName> =>
  new Set<AlertName>([
    'SLOBurnRate',
    ...(Object.keys(KINDS) as (keyof typeof KINDS)[]).flatMap((key) => (kinds[key] ? [KINDS[key]] : [])),
  ])
