import type { Reading, WindowReading } from '../reading.ts'
import { ALERT_POLICY, type AlertPolicy } from './alert-policy.ts'
import type { Condition } from './alert-state.ts'
import { frozenReading, isExcluded, isMeasured } from './alert-verdict.ts'
import { SHORT_KEEP_MS, type Signal, sloSubject } from './signal.ts'

/** Windows beside those of tiers that absence needs, in minutes: the silence, and the hour before with it. */
export const absenceWindows = ({ absent }: Pick<AlertPolicy, 'absent'>): [silent: number, lookBack: number] => [
  absent.minutes,
  60 + absent.minutes,
]

export const ABSENCE_WINDOWS = absenceWindows(ALERT_POLICY)

/** An environment that sends nothing at all is blind to burn rates, not to this alert: a collector waits for its telemetry. */
const watchedIn = ({ coverage, watched = coverage }: WindowReading): number => watched

/**
 * Telemetry of an SLO that was there and stopped while Plumbline can see. An SLO without calls is neither healthy nor
 * failing, so this is a ticket of its own. Null while there are events.
 * @param remeasuring the reading lacks what is not measured yet
 */
export function absence(reading: Reading, now: Date, policy: AlertPolicy, remeasuring = false): Signal | null {
  const { slo, watermark, windows, lastEventAt } = reading
  const [silentMinutes, lookBackMinutes] = absenceWindows(policy)
  const judged = verdictOf()
  if (judged.verdict === 'clear') return null
  const recent = windows.get(silentMinutes)
  const isBlind = recent !== undefined && recent.coverage < watchedIn(recent)
  return {
    subject: sloSubject(slo, 'TelemetryAbsent', 'absent'),
    conditions: [{ tier: '', severity: 'ticket', ...judged }],
    at: (watermark ?? now).getTime(),
    keepFiringMs: SHORT_KEEP_MS,
    waits: false,
    summary: `${slo.name} has no events for ${silentMinutes} min although ${isBlind ? 'a collector is running' : 'telemetry arrives'}`,
    evidence: {
      kind: 'absent',
      silentMinutes,
      before: windows.get(lookBackMinutes)?.counts.total ?? 0,
      lastEventAtMs: lastEventAt?.getTime() ?? null,
    },
  }

  function verdictOf(): Pick<Condition, 'verdict' | 'reason'> {
    const frozen = frozenReading(reading, now, policy, remeasuring)
    if (frozen) return { verdict: 'frozen', reason: frozen }
    if (!isMeasured(lookBackMinutes, reading)) return { verdict: 'frozen', reason: 'frozen_remeasuring' }
    const recent = windows.get(silentMinutes)
    const both = windows.get(lookBackMinutes)
    if (!recent || !both) return { verdict: 'frozen', reason: 'frozen_no_events' }
    if (recent.counts.total > 0) return { verdict: 'clear', reason: null }
    if (isExcluded(silentMinutes, reading)) return { verdict: 'frozen', reason: 'frozen_excluded' }
    if (watchedIn(recent) < policy.coverageFloor) return { verdict: 'frozen', reason: 'frozen_coverage' }
    // Once it is absent it stays so until events are back, however long the hour before is over.
    if (both.counts.total < policy.absent.minEvents) return { verdict: 'hold', reason: 'frozen_min_events' }
    return { verdict: 'matched', reason: null }
  }
}
