import { type MinuteSeries, minuteAt, RunningSums } from './minute-series.ts'
import type { Counts, Slo } from './model.ts'
import { type Reading, STATUS_WINDOWS, type WindowReading } from './reading.ts'

/**
 * Reads an SLO at the end of any minute of its history, as a tick that ran then with everything measured would have.
 * The answer's argument is the position after the last minute seen: 1 has seen the first.
 */
export function replay(slo: Slo, series: MinuteSeries): (end: number) => Reading {
  const good = new RunningSums(series.good)
  const total = new RunningSums(series.total)
  const covered = new RunningSums(series.covered)
  const firstKnown = series.covered.indexOf(1)
  const lastEvents = lastEventBefore(series.total)
  const invalid = invalidPositions(series)
  const lengths = new Set([...STATUS_WINDOWS, ...slo.tiers.flatMap((tier) => [tier.longMinutes, tier.shortMinutes])])
  const sloMinutes = slo.objective.window.minutes

  return (end) => {
    const countsIn = (minutes: number): Counts => ({
      good: good.between(end - minutes, end),
      total: total.between(end - minutes, end),
    })
    const coverageOf = (minutes: number) => {
      const expected = firstKnown < 0 ? 0 : Math.min(minutes, end - firstKnown)
      return expected <= 0 ? 0 : covered.between(end - minutes, end) / expected
    }
    const windowOf = (minutes: number): WindowReading => {
      const counts = countsIn(minutes)
      return { counts, units: counts, coverage: coverageOf(minutes) }
    }
    const at = minuteAt(series, end)
    const lastEvent = lastEvents[end] ?? -1
    const invalidAt = invalid.find((position) => position < end && position >= end - sloMinutes)
    return {
      slo,
      watermark: at,
      lastEventAt: lastEvent >= Math.max(0, end - sloMinutes) ? minuteAt(series, lastEvent) : null,
      invalidMinute: invalidAt === undefined ? null : minuteAt(series, invalidAt),
      windows: new Map([...lengths].map((minutes) => [minutes, windowOf(minutes)])),
      period: {
        ...windowOf(sloMinutes),
        from: minuteAt(series, end - sloMinutes),
        to: at,
        raw: null,
        exclusions: [],
      },
    }
  }
}

/** At n: position of the last of the first n minutes with events, −1 without one. */
function lastEventBefore(total: Float64Array): Int32Array {
  const last = new Int32Array(total.length + 1).fill(-1)
  for (let n = 0; n < total.length; n++) last[n + 1] = total[n]! > 0 ? n : last[n]!
  return last
}

function invalidPositions({ good, total }: MinuteSeries): number[] {
  const found: number[] = []
  for (let n = 0; n < total.length; n++) if (good[n]! > total[n]! || good[n]! < 0) found.push(n)
  return found
}
