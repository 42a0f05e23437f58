import { SCHEDULE_MS, type Schedule } from '../../evaluator/deliver/retry-schedule.ts'
import { ALERT_POLICY, type AlertPolicy } from '../../slo/alert/alert-policy.ts'
import type { Severity } from '../../slo/model.ts'
import type { Overlays } from '../../slo/overlay/overlays.ts'
import type { RouteNode } from '../../slo/overlay/route.ts'
import type { Scenario, ScenarioPolicy } from './scenario.ts'
import type { ExcludedMinutes } from './virtual-telemetry.ts'

const MINUTE_S = 60

/** The policy of a scenario; what it does not say is as in docs/alerting.md. */
export function policyOf(given: ScenarioPolicy): AlertPolicy {
  const inMs = (seconds: number | undefined, otherwise: number) => (seconds === undefined ? otherwise : seconds * 1000)
  const bothInMs = (seconds: Record<Severity, number> | undefined, otherwise: Readonly<Record<Severity, number>>) => ({
    page: inMs(seconds?.page, otherwise.page),
    ticket: inMs(seconds?.ticket, otherwise.ticket),
  })
  return {
    ...ALERT_POLICY,
    clearRatio: given.clear_ratio === undefined ? ALERT_POLICY.clearRatio : Number(given.clear_ratio),
    coverageFloor: given.coverage_floor ?? ALERT_POLICY.coverageFloor,
    staleAfterMs: inMs(given.stale_after_s, ALERT_POLICY.staleAfterMs),
    blindAfterMs: inMs(given.blind_meta_after_s, ALERT_POLICY.blindAfterMs),
    absent: {
      minutes: given.absent_after_min ?? ALERT_POLICY.absent.minutes,
      minEvents: given.absent_min_events ?? ALERT_POLICY.absent.minEvents,
    },
    keepFiringMs: bothInMs(given.keep_firing_s, ALERT_POLICY.keepFiringMs),
    groupWaitMs: bothInMs(given.group_wait_s, ALERT_POLICY.groupWaitMs),
    groupIntervalMs: inMs(given.group_interval_s, ALERT_POLICY.groupIntervalMs),
    repeatMs: bothInMs(given.repeat_s, ALERT_POLICY.repeatMs),
  }
}

/** When attempts are made in a rehearsal. */
export function scheduleOf({ page_retry_s, ticket_retry_s }: ScenarioPolicy): Schedule {
  const inMs = (seconds: readonly number[]) => seconds.map((s) => s * 1000)
  return {
    page: page_retry_s ? inMs(page_retry_s) : SCHEDULE_MS.page,
    ticket: ticket_retry_s ? inMs(ticket_retry_s) : SCHEDULE_MS.ticket,
  }
}

/** Endpoints subscribe to severities; whoever has an escalation brings its step. */
export function routesOf({ endpoints }: Scenario, escalateAfterMs: number): RouteNode[] {
  const steps = [...new Set(endpoints.flatMap(({ escalation }) => escalation))]
  return (['page', 'ticket'] as const).map((severity) => ({
    matchers: [{ name: 'severity', op: '=' as const, value: severity }],
    endpoints: endpoints
      .filter(({ severities, fallback_only }) => !fallback_only && severities.includes(severity))
      .map(({ name }) => name),
    escalation: steps.length > 0 ? [{ afterMs: escalateAfterMs, endpoints: steps }] : [],
    routes: [],
  }))
}

/** Whole minutes that maintenance leaves out of one SLO's budget. */
export function excludedMinutes({ actions }: Scenario, slo: string): ExcludedMinutes[] {
  return actions.flatMap((action) =>
    action.do === 'maintenance' && action.exclude_from_budget && (action.slos?.includes(slo) ?? true)
      ? [{ from: Math.floor(action.from_s / MINUTE_S), to: Math.ceil(action.to_s / MINUTE_S) }]
      : [],
  )
}

/** Silences and maintenance that a scenario makes. */
export function overlaysOf(
  { actions }: Scenario,
  instantOf: (second: number) => Date,
): Pick<Overlays, 'silences' | 'maintenance'> {
  const overlays: { silences: Overlays['silences'][number][]; maintenance: Overlays['maintenance'][number][] } = {
    silences: [],
    maintenance: [],
  }
  for (const [n, action] of actions.entries()) {
    if (action.do !== 'silence' && action.do !== 'maintenance') continue
    const [from, to] = [instantOf(action.from_s), instantOf(action.to_s)]
    const made = { id: `${action.do} ${n}`, createdBy: '', createdAt: from }
    if (action.do === 'silence') {
      const slos = action.slos?.map(escaped).join('|') ?? '.*'
      const matchers = [{ name: 'slo', op: '=~' as const, value: slos }]
      overlays.silences.push({ ...made, matchers, startsAt: from, endsAt: to, comment: '' })
    } else {
      overlays.maintenance.push({
        ...made,
        scope: { services: [], slos: action.slos ?? [], dependencies: [], environments: [] },
        schedule: { from, to },
        suppress: true,
        excludeFromBudget: action.exclude_from_budget,
        reason: 'maintenance',
        endedAt: null,
        reviewAt: null,
      })
    }
  }
  return overlays
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
