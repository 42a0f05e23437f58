import { durationMs, windowName } from './format.ts'

/** Usual steps in minutes: they divide an hour or a day, so they begin at round times and sum up cheaply. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440]

/** How many steps a line has at most: more than a screen can show tells nothing. */
const MOST = { sparkline: 60, chart: 240 } as const

export interface Range {
  from: number
  to: number
  stepMinutes: number
}

/** The range in whole steps, the one that runs now included: the same address until the next step begins. */
export function rangeOf({ from, to }: { from: number; to: number }, detail: keyof typeof MOST): Range {
  const minutes = (to - from) / 60_000
  const stepMinutes =
    STEPS.find((step) => minutes / step <= MOST[detail]) ?? Math.ceil(minutes / MOST[detail] / 1440) * 1440
  const stepMs = stepMinutes * 60_000
  const end = Math.ceil(to / stepMs) * stepMs
  return { from: end - Math.max(1, Math.ceil((to - from) / stepMs)) * stepMs, to: end, stepMinutes }
}

/** The window of an SLO in ms; 30 days where the text says something this page cannot read. */
export const windowMs = (text: string | undefined): number => durationMs(text ?? '') ?? 30 * 86_400_000

/** `/api/v1/slos/{slo}/history?from&to&step`. */
export function historyPath(slo: string, { from, to, stepMinutes }: Range): string {
  const query = new URLSearchParams({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    step: windowName(stepMinutes),
  })
  return `/api/v1/slos/${encodeURIComponent(slo)}/history?${query}`
}
