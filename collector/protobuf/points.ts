import type {
  Buckets,
  Exemplar,
  ExponentialPoint,
  HistogramPoint,
  NumberPoint,
  Point,
  SummaryPoint,
} from '../telemetry.ts'
import { readAttribute } from './common.ts'
import {
  double,
  fieldsOf,
  fixed64,
  hex,
  readFields,
  readPacked,
  readPart,
  set,
  sfixed64,
  sint32,
  uint32,
} from './fields.ts'
import type { Reader } from './reader.ts'

// The points of metrics and their parts, tag by tag. Source: opentelemetry-proto metrics.proto 1.11.

type Quantile = SummaryPoint['quantiles'][number]

const attribute = (reader: Reader, { attributes }: Pick<Point, 'attributes'>): void => readAttribute(reader, attributes)

const EXEMPLAR = fieldsOf<Exemplar>({
  17: set('timeNs', fixed64), // time_unix_nano
  25: set('value', double), // as_double
  34: set('spanId', hex), // span_id
  42: set('traceId', hex), // trace_id
  49: set('value', sfixed64), // as_int
  58: attribute, // filtered_attributes
})
const exemplar = (reader: Reader, { exemplars }: { exemplars: Exemplar[] }): void => {
  exemplars.push(readPart(reader, { attributes: new Map(), timeNs: 0n, value: 0, spanId: '', traceId: '' }, EXEMPLAR))
}

const emptyPoint = (): Point => ({ attributes: new Map(), startNs: 0n, timeNs: 0n, flags: 0 })
const emptyDistribution = () => ({ ...emptyPoint(), count: 0n, sum: null, min: null, max: null, exemplars: [] })

/** Fields that all kinds of points have under the same numbers. */
const TIMES = {
  17: set<Point, 'startNs'>('startNs', fixed64), // start_time_unix_nano
  25: set<Point, 'timeNs'>('timeNs', fixed64), // time_unix_nano
}

const NUMBER = fieldsOf<NumberPoint>({
  ...TIMES,
  33: set('value', double), // as_double
  42: exemplar, // exemplars
  49: set('value', sfixed64), // as_int
  58: attribute, // attributes
  64: set('flags', uint32), // flags
})
export const readNumberPoint = (reader: Reader): NumberPoint =>
  readPart(reader, { ...emptyPoint(), value: null, exemplars: [] }, NUMBER)

const HISTOGRAM = fieldsOf<HistogramPoint>({
  ...TIMES,
  33: set('count', fixed64), // count
  41: set('sum', double), // sum
  // bucket_counts, packed and one by one
  50: (reader, { bucketCounts }) => readPacked(reader, () => bucketCounts.push(reader.fixed64())),
  49: (reader, { bucketCounts }) => void bucketCounts.push(reader.fixed64()),
  // explicit_bounds, packed and one by one
  58: (reader, { bounds }) => readPacked(reader, () => bounds.push(reader.double())),
  57: (reader, { bounds }) => void bounds.push(reader.double()),
  66: exemplar, // exemplars
  74: attribute, // attributes
  80: set('flags', uint32), // flags
  89: set('min', double), // min
  97: set('max', double), // max
})
export const readHistogramPoint = (reader: Reader): HistogramPoint =>
  readPart(reader, { ...emptyDistribution(), bucketCounts: [], bounds: [] }, HISTOGRAM)

const BUCKETS = fieldsOf<Buckets>({
  8: set('offset', sint32), // offset
  // bucket_counts, packed and one by one
  18: (reader, { counts }) => readPacked(reader, () => counts.push(reader.uint64())),
  16: (reader, { counts }) => void counts.push(reader.uint64()),
})

const EXPONENTIAL = fieldsOf<ExponentialPoint>({
  ...TIMES,
  10: attribute, // attributes
  33: set('count', fixed64), // count
  41: set('sum', double), // sum
  48: set('scale', sint32), // scale
  57: set('zeroCount', fixed64), // zero_count
  66: (reader, { positive }) => void readFields(reader, positive, BUCKETS), // positive
  74: (reader, { negative }) => void readFields(reader, negative, BUCKETS), // negative
  80: set('flags', uint32), // flags
  90: exemplar, // exemplars
  97: set('min', double), // min
  105: set('max', double), // max
})
const emptyBuckets = (): Buckets => ({ offset: 0, counts: [] })
export const readExponentialPoint = (reader: Reader): ExponentialPoint =>
  readPart(
    reader,
    { ...emptyDistribution(), scale: 0, zeroCount: 0n, positive: emptyBuckets(), negative: emptyBuckets() },
    EXPONENTIAL,
  )

const QUANTILE = fieldsOf<Quantile>({
  9: set('quantile', double), // quantile
  17: set('value', double), // value
})
const SUMMARY = fieldsOf<SummaryPoint>({
  ...TIMES,
  33: set('count', fixed64), // count
  41: set('sum', double), // sum
  50: (reader, { quantiles }) => void quantiles.push(readPart(reader, { quantile: 0, value: 0 }, QUANTILE)), // quantile_values
  58: attribute, // attributes
  64: set('flags', uint32), // flags
})
export const readSummaryPoint = (reader: Reader): SummaryPoint =>
  readPart(reader, { ...emptyPoint(), count: 0n, sum: 0, quantiles: [] }, SUMMARY)
