import { type CallSelection, type CallsIndicator, SELECTABLE, type Selectable } from '../slo/model.ts'

/** Calls that differ in nothing a selection can tell apart, but for their duration. */
export type Series = Record<Selectable, string> & {
  /** Hash of everything else here, as a decimal number of 64 bits. */
  key: string
  direction: string
  synthetic: boolean
  outcome: string
}

/** Series that count alike in all indicators looked at: one sum serves them. */
export interface Classes {
  /** Class of each key, from 1. */
  classOf: Map<string, number>
  /** What a call of a class adds to an indicator. */
  shares: Share[]
}

export interface Share {
  class: number
  /** Position of the indicator, from 1. */
  indicator: number
  good: -1 | 0 | 1
  total: 0 | 1
}

/** Durations at which an answer changes: `lte 300` means below 301, durations are whole nanoseconds. */
export function cutsOf(indicators: readonly CallsIndicator[]): number[] {
  const selections = indicators.flatMap(({ numerator, total }) => [numerator.selection, total])
  return [...new Set(selections.flatMap(({ latency }) => (latency ? [cutOf(latency)] : [])))].sort((a, b) => a - b)
}

const cutOf = ({ op, ns }: NonNullable<CallSelection['latency']>) => (op === 'lt' || op === 'gte' ? ns : ns + 1)

/** Key of the calls of a series whose duration reached `band` cuts. */
export const keyInBand = (key: string, band: number): string => String(BigInt.asUintN(64, BigInt(key) + BigInt(band)))

/** Series by service and dependency, which most selections name. */
export interface SeriesIndex {
  all: readonly Series[]
  byPlace: Map<string, Series[]>
}

const place = (service: string, dependency: string) => `${service}\n${dependency}`

export const indexSeries = (all: readonly Series[]): SeriesIndex => ({
  all,
  byPlace: Map.groupBy(all, ({ service, dependency }) => place(service, dependency)),
})

/** The same sorting into classes as the conditions of `compileIndicator` do it row by row. */
export function classify(index: SeriesIndex, indicators: readonly CallsIndicator[], cuts: readonly number[]): Classes {
  const sharesOf = new Map<string, Omit<Share, 'class'>[]>()
  for (const [n, { numerator, total }] of indicators.entries()) {
    const counted = new Set(keysIn(index, numerator.selection, cuts))
    const all = new Set(keysIn(index, total, cuts))
    for (const key of new Set([...counted, ...all])) {
      const [isCounted, isTotal] = [Number(counted.has(key)) as 0 | 1, Number(all.has(key)) as 0 | 1]
      const good = numerator.counts === 'good' ? isCounted : ((isTotal - isCounted) as Share['good'])
      const shares = sharesOf.get(key)
      const share = { indicator: n + 1, good, total: isTotal }
      if (shares) shares.push(share)
      else sharesOf.set(key, [share])
    }
  }
  const classOf = new Map<string, number>()
  const classes = new Map<string, number>()
  const shares: Share[] = []
  for (const [key, these] of sharesOf) {
    const pattern = these.map(({ indicator, good, total }) => `${indicator},${good},${total}`).join(' ')
    const known = classes.get(pattern)
    const id = known ?? classes.size + 1
    if (known === undefined) {
      classes.set(pattern, id)
      for (const share of these) shares.push({ class: id, ...share })
    }
    classOf.set(key, id)
  }
  return { classOf, shares }
}

function keysIn(index: SeriesIndex, selection: CallSelection, cuts: readonly number[]): string[] {
  const bands = cuts.length === 0 ? [0] : bandsOf(selection, cuts)
  return candidates(index, selection)
    .filter((series) => includes(selection, series))
    .flatMap(({ key }) => bands.map((band) => keyInBand(key, band)))
}

function candidates({ all, byPlace }: SeriesIndex, { fields: { service, dependency } }: CallSelection) {
  if (!service || !dependency || !('in' in service) || !('in' in dependency)) return all
  const places = new Set(service.in.flatMap((s) => dependency.in.map((d) => place(s, d))))
  return [...places].flatMap((each) => byPlace.get(each) ?? [])
}

function includes({ direction, synthetic, outcome, fields }: CallSelection, series: Series): boolean {
  if (series.direction !== direction || series.synthetic !== synthetic || !isIn(outcome, series.outcome)) return false
  return SELECTABLE.every((field) => {
    const selector = fields[field]
    return selector === undefined || isIn(selector, series[field])
  })
}

const isIn = (selector: { in: readonly string[] } | { notIn: readonly string[] }, value: string): boolean =>
  'in' in selector ? selector.in.includes(value) : !selector.notIn.includes(value)

/** Band b holds durations from cut b − 1 on and below cut b. */
function bandsOf({ latency }: CallSelection, cuts: readonly number[]): number[] {
  const bands = Array.from({ length: cuts.length + 1 }, (_, band) => band)
  if (latency === null) return bands
  const cut = cuts.indexOf(cutOf(latency))
  const below = latency.op === 'lt' || latency.op === 'lte'
  return bands.filter((band) => (below ? band <= cut : band > cut))
}
