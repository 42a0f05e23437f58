import { BadBody } from '../bad-body.ts'
import type { Decoded, Metric, MetricData, MetricKind } from '../telemetry.ts'
import { readGroups } from './common.ts'
import { fieldsOf, readFields, set, string } from './fields.ts'
import { readExponentialPoint, readHistogramPoint, readNumberPoint, readSummaryPoint } from './points.ts'
import { Reader } from './reader.ts'

/** Decodes an ExportMetricsServiceRequest; throws `BadBody`. Source: opentelemetry-proto metrics.proto 1.11. */
export function decodeMetrics(body: Buffer): Decoded<Metric> {
  const reader = new Reader(body)
  return { groups: readGroups(reader, readMetric), notes: reader.notes }
}

const nothing = (): Metric => ({ name: '', description: '', unit: '', data: null, isForeign: false })

/**
 * Spans and log records stand where metrics do, and most of their fields read as broken ones. One of those is handed over as
 * foreign, so that it is refused alone; a broken metric is a broken request.
 */
function readMetric(reader: Reader): Metric {
  const { position, limit, depth, notes } = reader
  const { stringIndexes } = notes
  try {
    return readFields(reader, nothing(), METRIC)
  } catch (error) {
    Object.assign(reader, { position, limit, depth })
    if (!(error instanceof BadBody) || !readFields(reader, nothing(), FOREIGN).isForeign) throw error
    notes.stringIndexes = stringIndexes
    return { ...nothing(), isForeign: true }
  }
}

const EMPTY: { readonly [Kind in MetricKind]: () => MetricData } = {
  gauge: () => ({ kind: 'gauge', points: [] }),
  sum: () => ({ kind: 'sum', points: [], temporality: 0, monotonic: false }),
  histogram: () => ({ kind: 'histogram', points: [], temporality: 0 }),
  exponential_histogram: () => ({ kind: 'exponential_histogram', points: [], temporality: 0 }),
  summary: () => ({ kind: 'summary', points: [] }),
}

/** What all kinds of data look like to who fills them. */
interface Points {
  points: unknown[]
  temporality?: number
  monotonic?: boolean
}

/** All five kinds keep points in field 1, temporality in 2 and monotonicity in 3, as far as they have them. */
function data(kind: MetricKind, readPoint: (reader: Reader) => unknown) {
  const fields = fieldsOf<Points>({
    10: (reader, { points }) => void points.push(readPoint(reader)), // data_points
    // aggregation_temporality
    16: (reader, target) => {
      const temporality = reader.int32()
      if ('temporality' in target) target.temporality = temporality
    },
    // is_monotonic
    24: (reader, target) => {
      const monotonic = reader.bool()
      if ('monotonic' in target) target.monotonic = monotonic
    },
  })
  return (reader: Reader, metric: Metric): void => {
    // Of a repeated field the contents merge, of two kinds in one metric the last wins.
    if (metric.data?.kind !== kind) metric.data = EMPTY[kind]()
    readFields<Points>(reader, metric.data, fields)
  }
}

const foreign = (reader: Reader, metric: Metric): void => {
  reader.fixed64()
  metric.isForeign = true
}

/** Times: those of a span are its fields 7 and 8, those of a log record 1 and 11. A metric has no number of this wire type. */
const TIMES_OF_OTHERS = { 57: foreign, 65: foreign, 9: foreign, 89: foreign }
const FOREIGN = fieldsOf<Metric>(TIMES_OF_OTHERS)

const METRIC = fieldsOf<Metric>({
  ...TIMES_OF_OTHERS,
  10: set('name', string), // name
  18: set('description', string), // description
  26: set('unit', string), // unit
  42: data('gauge', readNumberPoint), // gauge
  58: data('sum', readNumberPoint), // sum
  74: data('histogram', readHistogramPoint), // histogram
  82: data('exponential_histogram', readExponentialPoint), // exponential_histogram
  90: data('summary', readSummaryPoint), // summary
})
