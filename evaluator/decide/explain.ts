import type { Log } from '../../runtime/log.ts'
import type { AlertName, NearbyDeployment, RootEvidence } from '../../slo/alert/incident.ts'
import { deepestBelow, guessedRoot } from '../../slo/alert/root-cause.ts'
import { badCallsOf, servicesOf } from '../../slo/bad-calls.ts'
import { windowEnd } from '../../slo/budget/window.ts'
import { type IncidentTurn, turnsAnything } from '../../slo/decide/incident-turn.ts'
import type { Evaluation } from '../../slo/decide/judge.ts'
import { callTotalsOf } from '../../slo/indicator.ts'
import type { Slo } from '../../slo/model.ts'
import { readDeployments } from '../../storage/deployments.ts'
import { readBadCalls, readCallGraph, readTraces } from '../../storage/evidence.ts'
import type { Db } from '../../storage/query.ts'
import { type Cause, causesOf, chosenSamples } from './causes.ts'
import type { IncidentEvidence } from './incident-facts.ts'
import { suspectFor } from './origin.ts'

/** Finds out what is behind alerts that fire. What cannot be found out keeps no alert back. */
export interface Explainer {
  /** The root cause each firing alert has by itself, '' or absent without one. */
  roots(evaluations: readonly Evaluation[], now: Date): Promise<ReadonlyMap<string, string>>
  /** What is behind the incidents that changed; null where nothing new was looked up. */
  explain(turns: readonly IncidentTurn[], now: Date): Promise<(turn: IncidentTurn) => IncidentEvidence | null>
}

const ROOT_LOOK_BACK_MINUTES = 5
const ROOT_EVERY_MS = 60_000
/** A look-up that fails may have taken long: pages must not wait for it at every tick. */
const AFTER_FAILURE_MS = 30_000

const GRAPH_MINUTES = 60
const CIRCUIT_MINUTES = 10
const DEPLOYMENT_MINUTES = 60
const MINUTE_MS = 60_000
const NEWS_MS = 10 * MINUTE_MS

export function createExplainer(db: Db, log: Log): Explainer {
  let causes = new Map<string, LookedUp>()
  let measuredAt = 0
  let failedAt = 0

  /** Looks behind all alerts at once: three reads, however many they are. */
  async function measure(firing: readonly FiringSlo[]): Promise<Map<string, LookedUp>> {
    const slos = firing.map(({ slo }) => slo)
    const watermark = firing[0]?.watermark
    if (!watermark) return new Map()
    const to = windowEnd(watermark)
    const range = { from: minutesBefore(to, ROOT_LOOK_BACK_MINUTES), to }
    const [kinds, graph, recent] = await Promise.all([
      readBadCalls(db, { ...range, rules: slos.flatMap(({ indicator }) => badCallsOf(indicator)) }),
      readCallGraph(db, { from: minutesBefore(to, GRAPH_MINUTES), to }),
      readCallGraph(db, { from: minutesBefore(to, CIRCUIT_MINUTES), to }),
    ])
    const chosen = chosenSamples(kinds)
    const traces = chosen.flatMap(({ samples }) => samples.map(({ traceId }) => traceId))
    const read = await readTraces(db, { ...range, traces })
    const found = causesOf(slos, chosen, read, { ...graph, failures: recent.failures })
    const burning = firing.filter(({ burns }) => burns)
    const selected = new Map(firing.map(({ alert, slo }) => [alert, servicesOf(badCallsOf(slo.indicator)) ?? []]))
    return new Map(
      [...withTopology(found, burning, graph.calls)].map(([alert, cause]) => [
        alert,
        { ...cause, services: selected.get(alert) ?? [] },
      ]),
    )
  }

  return {
    async roots(evaluations, now) {
      const firing = explainedSlos(evaluations)
      const isNew = firing.some(({ alert, changed }) => changed || !causes.has(alert))
      const isDue = isNew || now.getTime() - measuredAt >= ROOT_EVERY_MS
      if (firing.length > 0 && isDue && now.getTime() - failedAt >= AFTER_FAILURE_MS) {
        measuredAt = now.getTime()
        try {
          causes = await measure(firing)
        } catch (error) {
          failedAt = now.getTime()
          log.error({ err: error, alerts: firing.length }, 'causes of alerts cannot be looked up')
        }
      }
      const alive = new Set(firing.map(({ alert }) => alert))
      for (const alert of causes.keys()) if (!alive.has(alert)) causes.delete(alert)
      // The cause of what fails now says whose incident a burn is; a budget was spent by others, too.
      const burning = firing.filter(({ burns }) => burns)
      return new Map(burning.map(({ alert }) => [alert, causes.get(alert)?.root.origin ?? '']))
    },

    async explain(turns, now) {
      const changed = turns.filter(turnsAnything)
      const deployments = await nearby(
        db,
        log,
        changed.flatMap((turn) => involvedIn(turn, causes)),
        now,
      )
      return (turn) => {
        const cause = causeIn(turn, causes)
        const services = new Set(involvedIn(turn, causes))
        const near = deployments.filter(
          ({ service, env }) =>
            services.has(service) && (env === '' || turn.group.env === '' || env === turn.group.env),
        )
        if (!cause && near.length === 0) return null
        const { suspects = [], root = null, impact = [], exemplars = [] } = cause ?? {}
        const suspect = suspectFor(suspects, root, turn.group.root)
        return { suspect, root, impact, exemplars, deployments: near.map(({ env: _, ...deployment }) => deployment) }
      }
    },
  }
}

interface LookedUp extends Cause {
  /** Services that the SLI selects, whichever service the SLO belongs to; none where it selects every caller. */
  services: readonly string[]
}

interface FiringSlo {
  /** That of its burn rate, whatever fires. */
  alert: string
  burns: boolean
  slo: Slo
  env: string
  startedAtMs: number
  watermark: Date | null
  changed: boolean
}

/** Alerts beside burn rates that go back to failing calls: what fails now is looked up while they are news. */
const LEAD_TO_CALLS: ReadonlySet<AlertName> = new Set(['SLOBudgetSpent', 'SLOExhaustion', 'SLOUnusual'])

/** SLOs that burn, then others about which something was told within the last minutes; each once. */
function explainedSlos(evaluations: readonly Evaluation[]): FiringSlo[] {
  const firing = evaluations.flatMap(({ subject: { alertname, env }, outcome, reading }): FiringSlo[] => {
    const { next, transition } = outcome
    if (!reading || next.phase === 'inactive') return []
    const { slo, watermark } = reading
    const burns = alertname === 'SLOBurnRate'
    const age = watermark ? watermark.getTime() - next.startedAtMs : 0
    if (!burns && (!LEAD_TO_CALLS.has(alertname) || age > NEWS_MS)) return []
    const changed = transition !== null
    return [{ alert: slo.name, burns, slo, env, startedAtMs: next.startedAtMs, watermark, changed }]
  })
  const bySlo = new Map<string, FiringSlo>()
  for (const each of firing) if (each.burns || !bySlo.has(each.alert)) bySlo.set(each.alert, each)
  return [...bySlo.values()]
}

/** Whose calls an SLO is about: those of the one service that its SLI selects, else of the service that it belongs to. */
function serviceOf({ service, indicator }: Slo): string {
  const selected = servicesOf(badCallsOf(indicator))
  return selected?.length === 1 && selected[0] !== undefined ? selected[0] : service
}

/** The dependencies whose calls an SLI counts; null where it names none. */
function dependenciesOf({ indicator }: Slo): ReadonlySet<string> | null {
  const named = callTotalsOf(indicator).map(({ fields: { dependency } }) =>
    dependency && 'in' in dependency ? dependency.in : null,
  )
  return named.length === 0 || named.includes(null) ? null : new Set(named.flatMap((names) => names ?? []))
}

/** Alerts without a measured root take that of the deepest service that began to fail with them, or the service itself. */
function withTopology(
  causes: Map<string, Cause>,
  firing: readonly FiringSlo[],
  calls: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, Cause> {
  const deepest = deepestBelow(
    firing.map(({ alert, env, slo, startedAtMs }) => ({
      ...{ alert, env, service: serviceOf(slo), toward: dependenciesOf(slo), startedAtMs },
    })),
    calls,
  )
  return new Map(
    [...causes].map(([alert, cause]): [string, Cause] => {
      const below = deepest.get(alert)
      if (cause.root.origin !== '' || !below) return [alert, cause]
      const measured = causes.get(below.alert)?.root.origin ?? ''
      const origin = measured === '' ? guessedRoot(below.service) : measured
      const root: RootEvidence = { ...cause.root, origin, confidence: 'low' }
      return [alert, { ...cause, root }]
    }),
  )
}

/** Of several members the one whose own root is the incident's, else the one that fires longest. */
function causeIn({ group }: IncidentTurn, causes: ReadonlyMap<string, LookedUp>): LookedUp | undefined {
  const known = Object.values(group.members).flatMap(({ subject: { alertname, slo } }) =>
    alertname === 'SLOBurnRate' || LEAD_TO_CALLS.has(alertname) ? (causes.get(slo) ?? []) : [],
  )
  return known.find(({ root }) => root.origin !== '' && root.origin === group.root) ?? known[0]
}

function involvedIn(turn: IncidentTurn, causes: ReadonlyMap<string, LookedUp>): string[] {
  const members = Object.values(turn.group.members).flatMap(({ subject: { service, dependency } }) => [
    service,
    dependency,
  ])
  const [, name = ''] = /^(?:dependency|service):(.+)\/[^/]+$/.exec(turn.group.root) ?? []
  const { impact = [], services = [] } = causeIn(turn, causes) ?? {}
  const all = [...members, ...impact, ...services, name]
  return [...new Set(all)].filter((service) => service !== '')
}

async function nearby(
  db: Db,
  log: Log,
  services: readonly string[],
  now: Date,
): Promise<(NearbyDeployment & { env: string })[]> {
  if (services.length === 0) return []
  try {
    const range = { from: minutesBefore(now, DEPLOYMENT_MINUTES), to: now }
    const found = await readDeployments(db, { ...range, services: [...new Set(services)] })
    return found.map(({ service, env, version, previousVersion, at }) => ({
      service,
      env,
      version,
      previousVersion,
      at,
    }))
  } catch (error) {
    log.error({ err: error }, 'deployments near an incident cannot be looked up')
    return []
  }
}

const minutesBefore = (at: Date, minutes: number) => new Date(at.getTime() - minutes * MINUTE_MS)
