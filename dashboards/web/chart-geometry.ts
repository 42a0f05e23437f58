/** From values to drawing coordinates; a missing value breaks the line instead of joining over it. */

export interface Point {
  /** 0…1 along the time axis. */
  at: number
  value: number | null
}

export interface Domain {
  low: number
  high: number
}

/** Holds every value, zero and the full budget, so that nothing is clipped and charts compare. */
export function budgetDomain(values: readonly (number | null)[]): Domain {
  const known = values.filter((value) => value !== null)
  return { low: Math.min(0, ...known), high: Math.max(1, ...known) }
}

/** Value → y, with `high` at the top edge and `low` at the bottom edge. */
export const yOf = (value: number, { low, high }: Domain, height: number): number =>
  high === low ? height : height - ((value - low) / (high - low)) * height

/** SVG path through the points; a lone point between gaps becomes a dot-long stroke. */
export function linePath(points: readonly Point[], domain: Domain, width: number, height: number): string {
  let path = ''
  let drawing = false
  for (const { at, value } of points) {
    if (value === null) {
      drawing = false
      continue
    }
    path += `${drawing ? 'L' : 'M'}${round(at * width)} ${round(yOf(value, domain, height))}${drawing ? '' : 'h.01'}`
    drawing = true
  }
  return path
}

/** The same line closed down (or up) to `base`, for filling. */
export function areaPath(
  points: readonly Point[],
  domain: Domain,
  width: number,
  height: number,
  base: number,
): string {
  const floor = round(yOf(base, domain, height))
  return runs(points)
    .map((run) => {
      const line = run.map(({ at, value }) => `L${round(at * width)} ${round(yOf(value, domain, height))}`).join('')
      return `M${round(run[0]!.at * width)} ${floor}${line}L${round(run.at(-1)!.at * width)} ${floor}z`
    })
    .join('')
}

/** Steps of 1, 2 or 5 × 10^n inside the domain, about `wanted` of them. */
export function ticks({ low, high }: Domain, wanted: number): number[] {
  const rough = (high - low) / wanted
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((n) => n * magnitude).find((size) => size >= rough) ?? 10 * magnitude
  const found: number[] = []
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9; n += 1) found.push(n === 0 ? 0 : n * step)
  return found
}

function runs(points: readonly Point[]): { at: number; value: number }[][] {
  const found: { at: number; value: number }[][] = []
  let current: { at: number; value: number }[] = []
  for (const { at, value } of points) {
    if (value !== null) current.push({ at, value })
    if (value === null && current.length > 0) {
      found.push(current)
      current = []
    }
  }
  return current.length > 0 ? [...found, current] : found
}

const round = (value: number): number => Math.round(value * 100) / 100
