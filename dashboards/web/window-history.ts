import { useRef } from 'preact/hooks'
import type { History, HistoryStep, SloStatus } from './api-shapes.ts'
import { useNow } from './clock.ts'
import { historyPath, periodPath, type Range, rangeOf, rangeOfAnswer, stepFor, windowMs } from './history.ts'
import { useLive } from './live.ts'

/** How often charts are drawn anew. */
export const HISTORY_RENEW_MS = 30_000

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
 * budget, since nothing lies before. Of a calendar window it is the open period to its end. Null until it is there, or
 * while `wanted` is false.
 */
export function useWindowHistory(slo: SloStatus, detail: 'sparkline' | 'chart', asking: Asking): WindowHistory | null {
  const rolling = slo.objective?.window.rolling !== false
  const period = usePeriodHistory(slo, detail, { ...asking, wanted: asking.wanted && !rolling })
  const window = useRollingHistory(slo, detail, { ...asking, wanted: asking.wanted && rolling })
  return rolling ? window : period
}

interface Asking {
  wanted: boolean
  everyMs: number
}

function usePeriodHistory(
  slo: SloStatus,
  detail: 'sparkline' | 'chart',
  { wanted, everyMs }: Asking,
): WindowHistory | null {
  const minutes = windowMs(slo.objective?.window.duration) / 60_000
  const step = stepFor(minutes, detail, slo.objective?.slice?.minutes)
  const answer = useLast(useLive<History>(wanted ? periodPath(slo.name, step) : null, everyMs).value)
  if (answer === null) return null
  const range = rangeOfAnswer(answer)
  // The last step may be cut by the end of the period.
  const end = slo.period === null ? range.to : Math.min(range.to, Date.parse(slo.period.to))
  return { range: { ...range, to: end }, steps: answer.items, young: false }
}

function useRollingHistory(
  slo: SloStatus,
  detail: 'sparkline' | 'chart',
  { wanted, everyMs }: Asking,
): WindowHistory | null {
  const now = useNow()
  const length = windowMs(slo.objective?.window.duration)
  const slice = slo.objective?.slice?.minutes
  const range = rangeOf({ from: now - length, to: now }, detail, slice)
  const whole = useLast(useLive<History>(wanted ? historyPath(slo.name, range) : null, everyMs).value)
  const first = whole?.items.find((step) => step.total > 0)
  const begin = first === undefined ? null : Date.parse(first.at)
  const young = begin !== null && now - begin < YOUNG * length
  const youngRange = rangeOf({ from: begin ?? now, to: now }, detail, slice)
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
