import type { Log } from '../runtime/log.ts'
import { urgency } from '../slo/alert-verdict.ts'
import type { RootEvidence } from '../slo/incident.ts'
import { rootOf } from '../slo/root-cause.ts'
import { windowEnd } from '../slo/window.ts'
import { type Evidence, readEvidence } from '../storage/evidence.ts'
import type { Db } from '../storage/query.ts'
import type { IncidentEvidence } from './incident-facts.ts'
import type { IncidentTurn } from './incident-turn.ts'
import type { Evaluation } from './judge.ts'

/** Finds out what is behind alerts that fire. What cannot be found out keeps no alert back. */
export interface Explainer {
  /** The root cause each firing alert has by itself, '' or absent without one. */
  roots(evaluations: readonly Evaluation[], now: Date): Promise<ReadonlyMap<string, string>>
  /** What is behind the incidents that changed; null where nothing new was looked up. */
  explain(
    turns: readonly IncidentTurn[],
    evaluations: readonly Evaluation[],
    now: Date,
  ): Promise<(turn: IncidentTurn) => IncidentEvidence | null>
}

/** Alerts whose cause is looked up within one tick, the most urgent first: the others are told without. */
const MAX_LOOK_UPS = 20

const ROOT_LOOK_BACK_MINUTES = 5
const ROOT_EVERY_MS = 60_000
const MINUTE_MS = 60_000

interface Found {
  at: number
  evidence: Evidence
  root: RootEvidence
}

export function createExplainer(db: Db, log: Log): Explainer {
  const found = new Map<string, Found>()

  async function look({ subject, burn }: Evaluation, now: Date): Promise<void> {
    if (!burn?.reading.watermark) return
    const to = windowEnd(burn.reading.watermark)
    const range = { from: new Date(to.getTime() - ROOT_LOOK_BACK_MINUTES * MINUTE_MS), to }
    try {
      const evidence = await readEvidence(db, burn.reading.slo.indicator, range)
      const { suspect } = evidence
      const origin = suspect ? `dependency:${suspect.dependency}/${suspect.outcome}` : ''
      const bad = suspect ? Math.round(suspect.bad / suspect.share) : 0
      const shares = suspect ? { [origin]: suspect.share } : {}
      found.set(subject.alert, { at: now.getTime(), evidence, root: rootOf({ shares, traced: bad, tracedShare: 1 }) })
    } catch (error) {
      log.error({ err: error, alert: subject.alert }, 'cause of an alert cannot be looked up')
    }
  }

  return {
    async roots(evaluations, now) {
      const firing = evaluations.filter(({ burn, outcome }) => burn && outcome.next.phase === 'firing')
      const due = firing
        .filter(({ subject, outcome }) => {
          const last = found.get(subject.alert)
          return outcome.transition !== null || !last || now.getTime() - last.at >= ROOT_EVERY_MS
        })
        .toSorted((a, b) => urgencyOf(b) - urgencyOf(a))
        .slice(0, MAX_LOOK_UPS)
      await Promise.all(due.map((evaluation) => look(evaluation, now)))
      const alive = new Set(firing.map(({ subject }) => subject.alert))
      for (const alert of found.keys()) if (!alive.has(alert)) found.delete(alert)
      return new Map([...found].map(([alert, { root }]) => [alert, root.origin]))
    },

    async explain() {
      return ({ group }) => {
        const known = Object.keys(group.members)
          .map((alert) => found.get(alert))
          .find((each) => each !== undefined)
        if (!known) return null
        const { suspect, impact, exemplars } = known.evidence
        const shows = ['first', 'median', 'slowest'] as const
        return {
          suspect,
          root: known.root,
          impact,
          exemplars: exemplars.map((traceId, n) => ({
            traceId,
            shows: shows[n] ?? 'slowest',
            service: '',
            at: new Date(known.at),
            durationMs: 0,
          })),
          deployments: [],
        }
      }
    },
  }
}

const urgencyOf = ({ burn }: Evaluation) => (burn?.decision.lead ? urgency(burn.decision.lead) : 0)
