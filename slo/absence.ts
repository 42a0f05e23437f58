import type { AlertPolicy } from './alert-policy.ts'
import type { Condition } from './alert-state.ts'
import { frozenReading, isExcluded } from './alert-verdict.ts'
import type { Reading } from './reading.ts'
import { SHORT_KEEP_MS, type Signal, sloSubject } from './signal.ts'

/** Covered minutes without events that are an absence. */
export const ABSENT_MINUTES = 10

/** The hour before them and they themselves. */
export const ABSENT_LOOK_BACK_MINUTES = 60 + ABSENT_MINUTES

/** Events in the hour before, below which silence is nothing special. */
export const ABSENT_MIN_EVENTS = 100

/** Windows beside those of tiers that absence needs, in minutes. */
export const ABSENCE_WINDOWS = [ABSENT_MINUTES, ABSENT_LOOK_BACK_MINUTES] as const

/**
 * Telemetry of an SLO that was there and stopped while Plumbline can see. An SLO without calls is neither healthy nor
 * failing, so this is a ticket of its own. Null while there are events.
 */
export function absence(reading: Reading, now: Date, policy: AlertPolicy): Signal | null {
  const { slo, watermark, windows } = reading
  const judged = verdictOf()
  if (judged.verdict === 'clear') return null
  return {
    subject: sloSubject(slo, 'TelemetryAbsent', 'absent'),
    conditions: [{ tier: '', severity: 'ticket', ...judged }],
    at: (watermark ?? now).getTime(),
    keepFiringMs: SHORT_KEEP_MS,
    waits: false,
    summary: `${slo.name} has no events for ${ABSENT_MINUTES} min although telemetry arrives`,
  }

  function verdictOf(): Pick<Condition, 'verdict' | 'reason'> {
    const frozen = frozenReading(reading, now, policy, false)
    if (frozen) return { verdict: 'frozen', reason: frozen }
    const recent = windows.get(ABSENT_MINUTES)
    const both = windows.get(ABSENT_LOOK_BACK_MINUTES)
    if (!recent || !both) return { verdict: 'frozen', reason: 'frozen_no_events' }
    if (recent.counts.total > 0) return { verdict: 'clear', reason: null }
    if (isExcluded(ABSENT_MINUTES, reading)) return { verdict: 'frozen', reason: 'frozen_excluded' }
    if (recent.coverage < policy.coverageFloor) return { verdict: 'frozen', reason: 'frozen_coverage' }
    // Once it is absent it stays so until events are back, however long the hour before is over.
    if (both.counts.total < ABSENT_MIN_EVENTS) return { verdict: 'hold', reason: 'frozen_min_events' }
    return { verdict: 'matched', reason: null }
  }
}
