import type { FailureMode } from '../../integration/find-modes.ts'
import type { Severity } from '../model.ts'
import { type Signal, subjectWith } from './signal.ts'

/** A way in which one dependency fails in one environment. */
export interface ModeFound {
  env: string
  dependency: string
  /** F1…F8, see docs/alerting.md. */
  mode: Pick<FailureMode, 'mode' | 'share' | 'evidence' | 'advice'> & { id: string; likelyCause?: string }
  /** Services whose calls show it. */
  callers: readonly string[]
  /** The outcome it shows in; '' for modes that show in none. */
  outcome: string
}

/** How long a mode must be there: an outage pages by its SLOs long before, and a burst is over. */
const MODE_FOR_MINUTES = 5

/** Authentication failures of this many callers at once are no caller's mistake: somebody must get up. */
const PAGING_CALLERS = 3

/**
 * One alert per environment, dependency and failure mode. A mode that shows in one outcome has that for its root cause,
 * so that it joins the incident of the SLOs it hurts.
 */
export function modeSignal(found: ModeFound, at: Date, keepFiringMs: Readonly<Record<Severity, number>>): Signal {
  const { env, dependency, mode, callers, outcome } = found
  const severity: Severity = mode.id === 'F1' && callers.length >= PAGING_CALLERS ? 'page' : 'ticket'
  const alert = `${dependency}#${mode.id}`
  const share = Number((mode.share * 100).toPrecision(2))
  return {
    subject: {
      ...subjectWith(env === '' ? alert : `${env}/${alert}`, 'DependencyFailureMode', {
        env,
        dependency,
        condition: mode.id,
      }),
    },
    conditions: [{ tier: '', severity, verdict: 'matched', reason: null, forMinutes: MODE_FOR_MINUTES }],
    at: at.getTime(),
    keepFiringMs,
    waits: true,
    root: outcome === '' ? '' : `dependency:${dependency}/${outcome}`,
    summary: `${dependency}: ${mode.mode} in ${share} % of calls by ${named(callers)}`,
    evidence: {
      kind: 'mode',
      id: mode.id,
      share: mode.share,
      n: mode.evidence.n,
      bad: mode.evidence.bad,
      baselineShare: mode.evidence.baselineShare,
      callers: callers.slice(0, MOST_CALLERS),
      outcome,
      likelyCause: mode.likelyCause ?? '',
      advice: mode.advice,
    },
  }
}

const SHOWN = 3
const MOST_CALLERS = 20

const named = (services: readonly string[]): string =>
  services.length <= SHOWN
    ? services.join(', ')
    : `${services.slice(0, SHOWN).join(', ')} and ${services.length - SHOWN} more`

/** One operation that Plumbline's own checks, or others', call. */
export interface ProbeCounts {
  env: string
  service: string
  dependency: string
  operation: string
  calls: number
  bad: number
}

/** Checks that failed, below which one is chance. */
const PROBE_MIN_BAD = 3

/** From here on a probe fails rather than stumbles. */
const PROBE_SHARE = 0.5

/** A probe whose checks fail. One with too few failed checks, or most of them fine, gives no signal. */
export function probeSignal(
  { env, service, dependency, operation, calls, bad }: ProbeCounts,
  at: Date,
  keepFiringMs: Readonly<Record<Severity, number>>,
): Signal | null {
  if (bad < PROBE_MIN_BAD || bad < PROBE_SHARE * calls) return null
  const probe = [service, dependency, operation].filter((part) => part !== '').join(' ')
  const alert = `${env === '' ? '' : `${env}/`}${probe}#probe`
  return {
    subject: subjectWith(alert, 'ProbeFailing', { env, service, dependency, condition: operation }),
    conditions: [{ tier: '', severity: 'ticket', verdict: 'matched', reason: null }],
    at: at.getTime(),
    keepFiringMs,
    waits: true,
    summary: `probe ${probe} fails: ${bad} of ${calls} checks`,
    evidence: { kind: 'probe', operation, calls, bad },
  }
}
