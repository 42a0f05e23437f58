import { useRef } from 'preact/hooks'
import type { History, HistoryStep, SloStatus } from './api-shapes.ts'
import { useNow } from './clock.ts'
import { historyPath, type Range, rangeOf, windowMs } from './history.ts'
import { useLive } from './live.ts'

/** Data younger than this share of the window would be a sliver at the right edge: then the axis begins with the data. */
const YOUNG = 0.25

export interface WindowHistory {
  range: Range
  steps: readonly HistoryStep[]
  /** The axis begins where the data begins, not where the window does. */
  young: boolean
}

/**
 * History of an SLO's whole window, or of the part since its first event where that is short. Both add up to the same
 * budget, since nothing lies before. Null until it is there, or while `wanted` is false.
 */
export function useWindowHistory(
  slo: SloStatus,
  detail: 'sparkline' | 'chart',
  { wanted, everyMs }: { wanted: boolean; everyMs: number },
): WindowHistory | null {
  const now = useNow()
  const length = windowMs(slo.objective?.window.duration)
  const range = rangeOf({ from: now - length, to: now }, detail)
  const whole = useLast(useLive<History>(wanted ? historyPath(slo.name, range) : null, everyMs).value)
  const first = whole?.items.find((step) => step.total > 0)
  const begin = first === undefined ? null : Date.parse(first.at)
  const young = begin !== null && now - begin < YOUNG * length
  const youngRange = rangeOf({ from: begin ?? now, to: now }, detail)
  const recent = useLast(useLive<History>(young ? historyPath(slo.name, youngRange) : null, everyMs).value)
  if (whole === null) return null
  if (!young) return { range, steps: whole.items, young }
  return recent && sinceFirstEvent(recent.items, youngRange)
}

function sinceFirstEvent(items: readonly HistoryStep[], range: Range): WindowHistory {
  const steps = items.slice(
    Math.max(
      0,
      items.findIndex((step) => step.total > 0),
    ),
  )
  const from = steps[0] === undefined ? range.from : Date.parse(steps[0].at)
  return { range: { ...range, from }, steps, young: true }
}

/** The last value that was not null: the old line stays while the next one loads. */
export function useLast<T>(value: T | null): T | null {
  const last = useRef<T | null>(null)
  if (value !== null) last.current = value
  return last.current
}
