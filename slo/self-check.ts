import { type CallSelection, type MeasuredIndicator, type MetricSelection, SELECTABLE, type Selector } from './model.ts'
import { nearMisses } from './near-misses.ts'

export const WARNING_CODES = [
  'cannot_measure',
  'good_exceeds_total',
  'matches_nothing',
  'stray_series',
  'shared_identity',
  'no_traffic',
  'flat',
] as const

/** Why an SLI looks broken, and what its author can do about it. */
export interface Warning {
  code: (typeof WARNING_CODES)[number]
  message: string
  hint: string
  /** Which events of the SLI, once there are any, prove the warning wrong; absent where none do. */
  refutedBy?: (typeof EVENT_SIDES)[number]
}

/** What of an SLI's events a selection finds. */
export const EVENT_SIDES = ['total', 'good', 'bad'] as const

/** What an SLI counted lately. */
export interface CountFacts {
  events: number
  good: number
  /** Hours with events, and what they held. */
  hours: number
  leastPerHour: number
  mostPerHour: number
  lowestRatio: number
  highestRatio: number
  /** The first minute with more good than total events, and how many hours have one. */
  impossible: { minute: Date; hours: number } | null
}

/** Names that arrived lately. */
export interface KnownNames {
  /** Calls by `service` and direction. */
  services: readonly { service: string; direction: CallSelection['direction']; calls: number }[]
  fields: Readonly<Record<(typeof SELECTABLE)[number], readonly string[]>>
  /** Keys of attributes on calls. */
  attributes: readonly string[]
  metrics: readonly { metric: string; kinds: readonly MetricSelection['kind'][] }[]
  /** By metric, then by attribute: the values its points have. */
  metricAttributes: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
}

/** Series of metrics that an SLI cannot count, or not for sure; a series by its attributes, '' without any. */
export interface OddSeries {
  /** Without a bucket bound at the threshold. */
  strays: { metric: string; le: number; series: string }[]
  /** Cumulative ones whose value falls again and again under the same start. */
  tangled: { metric: string; series: string }[]
}

export interface IndicatorFacts {
  /** Why it could not be measured last; '' when it was. */
  error: string
  counts: CountFacts
  known: KnownNames
  odd: OddSeries
  /** How long telemetry has been arriving, at most as long as it is looked back. */
  watchedMinutes: number
  settleMinutes: number
}

/** Before so much was seen, an SLI that counts nothing may just be new. */
const LONG_ENOUGH_MINUTES = 60

const FLAT_HOURS = 24
const FLAT_EVENTS = 1_000
/** Traffic moves when the busiest hour has so many times the events of the quietest. */
const MOVING = 1.2

/** What looks broken about an SLI, most certain first. */
export function selfCheck(indicator: MeasuredIndicator, facts: IndicatorFacts): Warning[] {
  const { events: total, good } = facts.counts
  const missing = facts.watchedMinutes >= LONG_ENOUGH_MINUTES ? unmatchedNames(indicator, facts.known) : []
  const unmatched = standing(missing, { total, good })
  return [
    ...cannotMeasure(facts),
    ...goodExceedsTotal(indicator, facts),
    ...unmatched,
    ...strays(facts),
    ...tangled(facts),
    ...(unmatched.length === 0 && facts.error === '' ? noTraffic(indicator, facts) : []),
    ...flat(indicator, facts.counts),
  ]
}

/** The warnings that these counts leave standing: what was counted was there, whichever names were looked up when. */
export const standing = (warnings: readonly Warning[], { total, good }: { total: number; good: number }): Warning[] => {
  const counted = { total, good, bad: total - good }
  return warnings.filter(({ refutedBy }) => refutedBy === undefined || counted[refutedBy] <= 0)
}

const cannotMeasure = ({ error }: IndicatorFacts): Warning[] =>
  error === ''
    ? []
    : [
        {
          code: 'cannot_measure',
          message: error,
          hint: 'Change the definition; until then it is tried again every few minutes',
        },
      ]

const namesOf = (series: readonly { series: string }[]): string => {
  const names = [...new Set(series.map((one) => one.series || 'the one without attributes'))]
  return names.length > 3 ? `${names.slice(0, 3).join('; ')}; …` : names.join('; ')
}

/** Where nothing can be measured the error says so. */
function strays({ error, odd }: IndicatorFacts): Warning[] {
  const [first] = odd.strays
  if (first === undefined || error !== '') return []
  return [
    {
      code: 'stray_series',
      message: `series of ${first.metric} have no bucket bound at ${first.le} and are left out: ${namesOf(odd.strays)}`,
      hint: 'Give the histogram the same bounds wherever it is recorded, or select only the series that have the bound',
    },
  ]
}

function tangled({ odd }: IndicatorFacts): Warning[] {
  const [first] = odd.tangled
  if (first === undefined) return []
  return [
    {
      code: 'shared_identity',
      message: `values of ${first.metric} fall again and again under one start, as when several writers share one identity; they are counted by their values, which may be wrong: ${namesOf(odd.tangled)}`,
      hint: 'Give every replica a service.instance.id of its own',
    },
  ]
}

function goodExceedsTotal(indicator: MeasuredIndicator, { counts, settleMinutes }: IndicatorFacts): Warning[] {
  const { impossible, good, events } = counts
  if (impossible === null) return []
  // Two sides that close at different times may cross within a minute; over all of the time they must not.
  if (settleMinutes > 0 && good <= events) return []
  const at = impossible.minute.toISOString()
  const message = `more good than total events were counted, or fewer than none, first at ${at}, in ${impossible.hours} hour${impossible.hours === 1 ? '' : 's'}`
  return [{ code: 'good_exceeds_total', message, hint: whyExceeds(indicator, settleMinutes) }]
}

function whyExceeds(indicator: MeasuredIndicator, settleMinutes: number): string {
  if (settleMinutes > 0)
    return 'More arrives on the side of good than of total, however long is waited: select the same services on both, and look whether one stopped sending'
  if (indicator.source === 'sql') return 'The SELECT must count every good event in total as well'
  if (indicator.source === 'metric')
    return 'The two sides are counted apart and may close at different times: say plumbline.dev/settle, and select the same services on both'
  return 'good or bad must select a part of what total selects: repeat the selectors of total on it'
}

/** Names that selectors ask for and nothing that arrived has. */
function unmatchedNames(indicator: MeasuredIndicator, known: KnownNames): Warning[] {
  const told = new Map<string, Warning>()
  for (const { side, selection } of sidesOf(indicator)) {
    const found = selection.source === 'calls' ? unmatchedCalls(selection, known) : unmatchedPoints(selection, known)
    for (const { isPart, ...warning } of found) {
      // Said of the total first: what the numerator selects too is found with it.
      if (!told.has(warning.message)) told.set(warning.message, isPart ? warning : { ...warning, refutedBy: side })
    }
  }
  return [...told.values()]
}

interface Side {
  side: (typeof EVENT_SIDES)[number]
  selection: CallSelection | MetricSelection
}

function sidesOf(indicator: MeasuredIndicator): Side[] {
  if (indicator.source === 'gauge') return [{ side: 'total', selection: indicator.selection }]
  if (indicator.source === 'sql') return []
  if (indicator.source === 'rate') {
    const { selection, per, op } = indicator
    // Of a rate that is asked to be high, a good minute has something of it; of one asked to be low, a bad minute.
    const proof = op === 'gte' || op === 'gt' ? 'good' : 'bad'
    return per
      ? [
          { side: 'total', selection: per },
          { side: proof, selection },
        ]
      : [{ side: 'total', selection }]
  }
  const { counts, selection } = indicator.numerator
  return [
    { side: 'total', selection: indicator.total },
    { side: counts, selection },
  ]
}

const selectionsOf = (indicator: MeasuredIndicator) => sidesOf(indicator).map(({ selection }) => selection)

/** `isPart`: of a list whose other names are known. */
type Unmatched = Warning & { isPart: boolean }

function unmatchedCalls({ fields, attributes }: CallSelection, known: KnownNames): Unmatched[] {
  return [
    ...SELECTABLE.flatMap((field) => {
      const selector = fields[field]
      return selector ? unmatchedValues(`${field} of calls`, selector, known.fields[field]) : []
    }),
    ...Object.keys(attributes).flatMap((key) =>
      unmatchedValues(
        'attribute of calls',
        { in: [key] },
        known.attributes,
        'Attributes of calls are those that the configuration promotes',
      ),
    ),
  ]
}

function unmatchedPoints({ metric, kind, attributes }: MetricSelection, known: KnownNames): Unmatched[] {
  const found = known.metrics.find((one) => one.metric === metric)
  if (!found) {
    const names = known.metrics.map((one) => one.metric)
    return unmatchedValues('metric', { in: [metric] }, names)
  }
  if (!found.kinds.includes(kind)) {
    const is = found.kinds.join(' and ')
    return [
      {
        code: 'matches_nothing',
        message: `the metric '${metric}' has no points of kind ${kind}`,
        hint: `It is of kind ${is}: say kind: ${found.kinds[0]}`,
        isPart: false,
      },
    ]
  }
  return Object.entries(attributes).flatMap(([key, selector]) =>
    unmatchedValues(`attribute ${key} of ${metric}`, selector, known.metricAttributes.get(metric)?.get(key) ?? []),
  )
}

/** A list of which some are known is only told when a missing one looks like a typing error. */
function unmatchedValues(what: string, selector: Selector, known: readonly string[], otherwise?: string): Unmatched[] {
  if (!('in' in selector)) return []
  const missing = selector.in.filter((value) => value !== '' && !known.includes(value))
  const isPart = missing.length < selector.in.length
  return missing.flatMap((value) => {
    const alike = nearMisses(value, known, 3).filter((name) => !selector.in.includes(name))
    if (isPart && alike.length === 0) return []
    const message = `nothing that arrived in the last days has the ${what} '${value}'`
    return [{ code: 'matches_nothing' as const, message, hint: hintOf(alike, known, otherwise), isPart }]
  })
}

const MOST_LISTED = 5

function hintOf(alike: readonly string[], known: readonly string[], otherwise?: string): string {
  if (alike.length > 0) return `Did you mean ${alike.map((name) => `'${name}'`).join(' or ')}?`
  if (otherwise) return otherwise
  if (known.length === 0) return 'Nothing of this kind has arrived at all: is it sent?'
  const listed = known.slice(0, MOST_LISTED).map((name) => `'${name}'`)
  return `Known are ${listed.join(', ')}${known.length > MOST_LISTED ? ` and ${known.length - MOST_LISTED} more` : ''}`
}

/** No events though the services it watches have calls. */
function noTraffic(indicator: MeasuredIndicator, { counts, known, watchedMinutes }: IndicatorFacts): Warning[] {
  if (counts.events > 0 || watchedMinutes < LONG_ENOUGH_MINUTES) return []
  for (const selection of selectionsOf(indicator)) {
    const asked = askedServices(selection)
    const active = known.services.filter(({ service, calls }) => asked.includes(service) && calls > 0)
    if (active.length === 0) continue
    const calls = active.reduce((sum, one) => sum + one.calls, 0)
    const names = [...new Set(active.map(({ service }) => service))].join(', ')
    const message = `no events in the last days, while ${names} had ${Math.round(calls)} calls`
    return [{ code: 'no_traffic', message, hint: whyNoTraffic(selection, active), refutedBy: 'total' }]
  }
  return []
}

function askedServices(selection: CallSelection | MetricSelection): readonly string[] {
  const selector = selection.source === 'calls' ? selection.fields.service : selection.attributes['service.name']
  return selector && 'in' in selector ? selector.in : []
}

function whyNoTraffic(
  selection: CallSelection | MetricSelection,
  active: readonly { direction: CallSelection['direction'] }[],
): string {
  if (selection.source === 'metric')
    return `The metric ${selection.metric} arrives without the attributes that are selected together`
  if (!active.some(({ direction }) => direction === selection.direction)) {
    const other = selection.direction === 'inbound' ? 'outbound' : 'inbound'
    return `Its calls are all ${other}: say direction: ${other}`
  }
  const selected = [...Object.keys(selection.fields), ...Object.keys(selection.attributes)].filter(
    (field) => field !== 'service',
  )
  return selected.length > 0
    ? `Each name is known, but not all of them together: leave out one of ${selected.join(', ')}`
    : 'Its selection by outcome or latency leaves nothing'
}

/** The same ratio hour after hour although traffic moves; a ratio of 1 is what everybody wants. */
function flat(indicator: MeasuredIndicator, counts: CountFacts): Warning[] {
  const { hours, events, leastPerHour, mostPerHour, lowestRatio, highestRatio } = counts
  if (hours < FLAT_HOURS || events < FLAT_EVENTS || mostPerHour < MOVING * leastPerHour) return []
  if (lowestRatio !== highestRatio || lowestRatio === 1) return []
  const message = `all of ${hours} hours have the same ratio ${lowestRatio}, while traffic moved between ${leastPerHour} and ${mostPerHour} events an hour`
  return [{ code: 'flat', message, hint: whyFlat(indicator, lowestRatio) }]
}

function whyFlat(indicator: MeasuredIndicator, ratio: number): string {
  if (ratio !== 0) return 'Good events seem to be computed from the total instead of counted: look at what good selects'
  if (indicator.source === 'gauge') return 'No point is ever good: is the threshold in the unit of the metric?'
  if (indicator.source === 'rate') return 'No minute is ever good: is the threshold a value per minute?'
  return 'No event is ever good: what good selects never happens, or bad selects all of total'
}
