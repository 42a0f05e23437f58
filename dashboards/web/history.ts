import type { History } from './api-shapes.ts'
import { durationMs, windowName } from './format.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440

/** Usual steps in minutes: they divide an hour or a day, so they begin at round times and sum up cheaply. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440]

/** How many steps a line has at most: more than a screen can show tells nothing. */
const MOST = { sparkline: 60, chart: 240 } as const

export interface Range {
  from: number
  to: number
  stepMinutes: number
}

/**
 * The range in whole steps, the one that runs now included: the same address until the next step begins.
 * @param sliceMinutes steps are whole slices of it
 */
export function rangeOf(
  { from, to }: { from: number; to: number },
  detail: keyof typeof MOST,
  sliceMinutes = 1,
): Range {
  const stepMinutes = stepFor((to - from) / MINUTE_MS, detail, sliceMinutes)
  const stepMs = stepMinutes * MINUTE_MS
  const end = Math.ceil(to / stepMs) * stepMs
  return { from: end - Math.max(1, Math.ceil((to - from) / stepMs)) * stepMs, to: end, stepMinutes }
}

/** The smallest usual step of whole slices that is not too fine for so many minutes. */
export function stepFor(minutes: number, detail: keyof typeof MOST, sliceMinutes = 1): number {
  const unit = DAY_MINUTES % sliceMinutes === 0 ? DAY_MINUTES : sliceMinutes
  return (
    STEPS.find((step) => step % sliceMinutes === 0 && minutes / step <= MOST[detail]) ??
    Math.ceil(minutes / MOST[detail] / unit) * unit
  )
}

/** The window of an SLO in ms, a month as 30 days; 30 days where the text says something this page cannot read. */
export const windowMs = (text: string | undefined): number => durationMs(text ?? '') ?? 30 * 86_400_000

/** `/api/v1/slos/{slo}/history?from&to&step`. */
export const historyPath = (slo: string, { from, to, stepMinutes }: Range): string =>
  pathOf(slo, { from: new Date(from).toISOString(), to: new Date(to).toISOString(), step: windowName(stepMinutes) })

/** The calendar period that is open now, to its end. */
export const periodPath = (slo: string, stepMinutes: number): string => pathOf(slo, { step: windowName(stepMinutes) })

const pathOf = (slo: string, query: Record<string, string>): string =>
  `/api/v1/slos/${encodeURIComponent(slo)}/history?${new URLSearchParams(query)}`

/** The steps an answer has: of a calendar window they begin with its period. */
export const rangeOfAnswer = ({ from, to, stepMinutes }: Pick<History, 'from' | 'to' | 'stepMinutes'>): Range => ({
  from: Date.parse(from),
  to: Date.parse(to),
  stepMinutes,
})
