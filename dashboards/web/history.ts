import { durationMs, windowName } from './format.ts'

/** How many steps a line has at most: more than a screen can show tells nothing. */
const STEPS = { sparkline: 60, chart: 180 } as const

export interface Range {
  from: number
  to: number
  stepMinutes: number
}

/** The range in whole steps, both ends on the step's grid: the same address until the next step begins. */
export function rangeOf({ from, to }: { from: number; to: number }, detail: keyof typeof STEPS): Range {
  const stepMinutes = Math.max(1, Math.ceil((to - from) / STEPS[detail] / 60_000))
  const stepMs = stepMinutes * 60_000
  const end = Math.floor(to / stepMs) * stepMs
  return { from: end - Math.max(1, Math.floor((to - from) / stepMs)) * stepMs, to: end, stepMinutes }
}

/** The window of an SLO in ms; 30 days where the text says something this page cannot read. */
export const windowMs = (text: string): number => durationMs(text) ?? 30 * 86_400_000

/** `/api/v1/slos/{slo}/history?from&to&step`. */
export function historyPath(slo: string, { from, to, stepMinutes }: Range): string {
  const query = new URLSearchParams({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    step: windowName(stepMinutes),
  })
  return `/api/v1/slos/${encodeURIComponent(slo)}/history?${query}`
}
