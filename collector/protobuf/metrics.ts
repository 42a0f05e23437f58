import type { Decoded, Metric, MetricData, MetricKind, NumberPoint, SummaryPoint } from '../telemetry.ts'
import { readAttribute, readGroups } from './common.ts'
import { readExemplar } from './exemplar.ts'
import { readExponentialPoint, readHistogramPoint } from './histograms.ts'
import { Reader } from './reader.ts'

/** Decodes an ExportMetricsServiceRequest; throws `BadBody`. Source: opentelemetry-proto metrics.proto 1.11. */
export function decodeMetrics(body: Buffer): Decoded<Metric> {
  const reader = new Reader(body)
  return { groups: readGroups(reader, readMetric), notes: reader.notes }
}

function readMetric(reader: Reader): Metric {
  const outer = reader.enter()
  const metric: Metric = { name: '', description: '', unit: '', data: null }
  while (reader.more()) {
    const tag = reader.tag()
    switch (tag) {
      case 0x0a: // name
        metric.name = reader.string()
        break
      case 0x12: // description
        metric.description = reader.string()
        break
      case 0x1a: // unit
        metric.unit = reader.string()
        break
      case 0x2a: // gauge
        readPoints(reader, dataOf(metric, 'gauge'), readNumberPoint)
        break
      case 0x3a: // sum
        readPoints(reader, dataOf(metric, 'sum'), readNumberPoint)
        break
      case 0x4a: // histogram
        readPoints(reader, dataOf(metric, 'histogram'), readHistogramPoint)
        break
      case 0x52: // exponential_histogram
        readPoints(reader, dataOf(metric, 'exponential_histogram'), readExponentialPoint)
        break
      case 0x5a: // summary
        readPoints(reader, dataOf(metric, 'summary'), readSummaryPoint)
        break
      default:
        reader.skip(tag)
    }
  }
  reader.leave(outer)
  return metric
}

type DataOf<Kind extends MetricKind> = Extract<MetricData, { kind: Kind }>

const EMPTY: { [Kind in MetricKind]: () => DataOf<Kind> } = {
  gauge: () => ({ kind: 'gauge', points: [] }),
  sum: () => ({ kind: 'sum', points: [], temporality: 0, monotonic: false }),
  histogram: () => ({ kind: 'histogram', points: [], temporality: 0 }),
  exponential_histogram: () => ({ kind: 'exponential_histogram', points: [], temporality: 0 }),
  summary: () => ({ kind: 'summary', points: [] }),
}

/** The metric's data of this kind: of a repeated field the contents merge, of another kind in the same metric the last wins. */
function dataOf<Kind extends MetricKind>(metric: Metric, kind: Kind): DataOf<Kind> {
  if (metric.data?.kind !== kind) metric.data = EMPTY[kind]()
  return metric.data as DataOf<Kind>
}

interface Points<Point> {
  points: Point[]
  temporality?: number
  monotonic?: boolean
}

/** All five kinds keep points in field 1, temporality in 2 and monotonicity in 3, as far as they have them. */
function readPoints<Point>(reader: Reader, data: Points<Point>, readPoint: (reader: Reader) => Point): void {
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x0a /* data_points */) data.points.push(readPoint(reader))
    else if (tag === 0x10 /* aggregation_temporality */ && 'temporality' in data) data.temporality = reader.int32()
    else if (tag === 0x18 /* is_monotonic */ && 'monotonic' in data) data.monotonic = reader.bool()
    else reader.skip(tag)
  }
  reader.leave(outer)
}

function readNumberPoint(reader: Reader): NumberPoint {
  const outer = reader.enterPart()
  const point: NumberPoint = { attributes: new Map(), startNs: 0n, timeNs: 0n, flags: 0, value: null, exemplars: [] }
  while (reader.more()) {
    const tag = reader.tag()
    switch (tag) {
      case 0x11: // start_time_unix_nano
        point.startNs = reader.fixed64()
        break
      case 0x19: // time_unix_nano
        point.timeNs = reader.fixed64()
        break
      case 0x21: // as_double
        point.value = reader.double()
        break
      case 0x2a: // exemplars
        point.exemplars.push(readExemplar(reader))
        break
      case 0x31: // as_int
        point.value = Number(reader.sfixed64())
        break
      case 0x3a: // attributes
        readAttribute(reader, point.attributes)
        break
      case 0x40: // flags
        point.flags = reader.uint32()
        break
      default:
        reader.skip(tag)
    }
  }
  reader.leave(outer)
  return point
}

function readSummaryPoint(reader: Reader): SummaryPoint {
  const outer = reader.enterPart()
  const point: SummaryPoint = {
    attributes: new Map(),
    startNs: 0n,
    timeNs: 0n,
    flags: 0,
    count: 0n,
    sum: 0,
    quantiles: [],
  }
  while (reader.more()) {
    const tag = reader.tag()
    switch (tag) {
      case 0x11: // start_time_unix_nano
        point.startNs = reader.fixed64()
        break
      case 0x19: // time_unix_nano
        point.timeNs = reader.fixed64()
        break
      case 0x21: // count
        point.count = reader.fixed64()
        break
      case 0x29: // sum
        point.sum = reader.double()
        break
      case 0x32: // quantile_values
        point.quantiles.push(readQuantile(reader))
        break
      case 0x3a: // attributes
        readAttribute(reader, point.attributes)
        break
      case 0x40: // flags
        point.flags = reader.uint32()
        break
      default:
        reader.skip(tag)
    }
  }
  reader.leave(outer)
  return point
}

function readQuantile(reader: Reader): { quantile: number; value: number } {
  const outer = reader.enterPart()
  const pair = { quantile: 0, value: 0 }
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x09 /* quantile */) pair.quantile = reader.double()
    else if (tag === 0x11 /* value */) pair.value = reader.double()
    else reader.skip(tag)
  }
  reader.leave(outer)
  return pair
}
