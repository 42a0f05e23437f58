/**
 * Decoded telemetry, but for spans, which are read in place (`protobuf/span-view.ts`). Attribute values are in text form (`value-text.ts`),
 * ids are lower-case hex of whatever length was sent ('' when absent), times are unsigned nanoseconds, enums their numbers.
 * Fields are mutable because protobuf may send the parts of a message in any order and more than once.
 */
export type Attributes = Map<string, string>

/** Latest instant of DateTime64(9), in 2262: what a store in signed nanoseconds can hold. */
export const MAX_TIME_NS = 2n ** 63n - 1n

export interface Resource {
  attributes: Attributes
  schemaUrl: string
}

export interface Scope {
  name: string
  version: string
  attributes: Attributes
  droppedAttributes: number
  schemaUrl: string
}

/** `items` may be decoded while they are iterated, and then throw `BadBody`. */
export interface ScopeGroup<Item> {
  scope: Scope
  items: Iterable<Item>
}

export interface Group<Item> {
  resource: Resource
  scopes: ScopeGroup<Item>[]
}

export interface SpanEvent {
  timeNs: bigint
  name: string
  attributes: Attributes
}

export interface SpanLink {
  traceId: string
  spanId: string
  traceState: string
  attributes: Attributes
}

export interface Metric {
  name: string
  description: string
  unit: string
  data: MetricData | null
  /** Has a field that a span or a log record has there, and a metric cannot have. */
  isForeign: boolean
}

export type MetricData =
  | { kind: 'gauge'; points: NumberPoint[] }
  | { kind: 'sum'; points: NumberPoint[]; temporality: number; monotonic: boolean }
  | { kind: 'histogram'; points: HistogramPoint[]; temporality: number }
  | { kind: 'exponential_histogram'; points: ExponentialPoint[]; temporality: number }
  | { kind: 'summary'; points: SummaryPoint[] }

export type MetricKind = MetricData['kind']

export interface Point {
  attributes: Attributes
  startNs: bigint
  timeNs: bigint
  flags: number
}

export interface NumberPoint extends Point {
  /** An int64 that a double cannot hold is rounded to the nearest one: the column is Float64. Null when absent. */
  value: number | null
  exemplars: Exemplar[]
}

export interface HistogramPoint extends Point {
  count: bigint
  sum: number | null
  min: number | null
  max: number | null
  bucketCounts: bigint[]
  bounds: number[]
  exemplars: Exemplar[]
}

export interface ExponentialPoint extends Point {
  count: bigint
  sum: number | null
  min: number | null
  max: number | null
  scale: number
  zeroCount: bigint
  positive: Buckets
  negative: Buckets
  exemplars: Exemplar[]
}

export interface Buckets {
  offset: number
  counts: bigint[]
}

export interface SummaryPoint extends Point {
  count: bigint
  sum: number
  quantiles: { quantile: number; value: number }[]
}

export interface Exemplar {
  attributes: Attributes
  timeNs: bigint
  value: number
  spanId: string
  traceId: string
}

/** What decoding noticed: complete when all items have been read. */
export interface Notes {
  /** Values sent as references into the string table of profiles, which other signals do not have. */
  stringIndexes: number
}

/** What a body held. */
export interface Decoded<Item> {
  groups: Group<Item>[]
  notes: Notes
}

export const emptyScope = (): Scope => ({
  name: '',
  version: '',
  attributes: new Map(),
  droppedAttributes: 0,
  schemaUrl: '',
})
