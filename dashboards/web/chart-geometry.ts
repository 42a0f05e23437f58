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

/** How values become heights: `placeOf` gives 0 at the bottom edge and 1 at the top edge. */
export interface Scale {
  ticks: readonly number[]
  placeOf(value: number): number
}

export function linearScale(domain: Domain): Scale {
  const { low, high } = domain
  const round = ticks(domain, 5)
  // The full budget is marked as well, unless it would stand on the zero line.
  const full = high >= 1 && !round.includes(1) && high - low < FULL_MARK_FITS ? [1] : []
  return {
    ticks: [...round, ...full],
    placeOf: (value) => (high === low ? 0 : (value - low) / (high - low)),
  }
}

/** Budgets between the ends of the axis, up to which 0 % and 100 % are readable beside each other. */
const FULL_MARK_FITS = 12

const LEAST_BURN = 0.1

/**
 * Burn rates on a logarithmic scale from 0.1 to at least 10, so that a slow leak and an outage both show;
 * what burns less than 0.1 lies on the ground.
 */
export function burnScale(rates: readonly (number | null)[]): Scale {
  const decades = Math.max(
    2,
    Math.ceil(Math.log10(Math.max(LEAST_BURN, ...rates.map((rate) => rate ?? 0)) / LEAST_BURN)),
  )
  return {
    ticks: Array.from({ length: decades + 1 }, (_, n) => 10 ** n / 10),
    placeOf: (value) => Math.max(0, Math.log10(Math.max(LEAST_BURN, value) / LEAST_BURN)) / decades,
  }
}

/** SVG path through the points; a lone point between gaps becomes a dot-long stroke. */
export function linePath(points: readonly Point[], scale: Scale, width: number, height: number): string {
  let path = ''
  let drawing = false
  for (const { at, value } of points) {
    if (value === null) {
      drawing = false
      continue
    }
    path += `${drawing ? 'L' : 'M'}${round(at * width)} ${round(height - scale.placeOf(value) * height)}${drawing ? '' : 'h.01'}`
    drawing = true
  }
  return path
}

/** The same line closed down (or up) to `base`, for filling. */
export function areaPath(points: readonly Point[], scale: Scale, width: number, height: number, base: number): string {
  const yOf = (value: number) => round(height - scale.placeOf(value) * height)
  return runs(points)
    .map((run) => {
      const line = run.map(({ at, value }) => `L${round(at * width)} ${yOf(value)}`).join('')
      return `M${round(run[0]!.at * width)} ${yOf(base)}${line}L${round(run.at(-1)!.at * width)} ${yOf(base)}z`
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
