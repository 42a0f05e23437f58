import type { Buckets, ExponentialPoint, HistogramPoint } from '../telemetry.ts'
import { readAttribute } from './common.ts'
import { readExemplar } from './exemplar.ts'
import type { Reader } from './reader.ts'

export function readHistogramPoint(reader: Reader): HistogramPoint {
  const outer = reader.enterPart()
  const point: HistogramPoint = {
    attributes: new Map(),
    startNs: 0n,
    timeNs: 0n,
    flags: 0,
    count: 0n,
    sum: null,
    min: null,
    max: null,
    bucketCounts: [],
    bounds: [],
    exemplars: [],
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
      case 0x32: // bucket_counts, packed
        readPacked(reader, () => point.bucketCounts.push(reader.fixed64()))
        break
      case 0x31: // bucket_counts, one by one
        point.bucketCounts.push(reader.fixed64())
        break
      case 0x3a: // explicit_bounds, packed
        readPacked(reader, () => point.bounds.push(reader.double()))
        break
      case 0x39: // explicit_bounds, one by one
        point.bounds.push(reader.double())
        break
      case 0x42: // exemplars
        point.exemplars.push(readExemplar(reader))
        break
      case 0x4a: // attributes
        readAttribute(reader, point.attributes)
        break
      case 0x50: // flags
        point.flags = reader.uint32()
        break
      case 0x59: // min
        point.min = reader.double()
        break
      case 0x61: // max
        point.max = reader.double()
        break
      default:
        reader.skip(tag)
    }
  }
  reader.leave(outer)
  return point
}

export function readExponentialPoint(reader: Reader): ExponentialPoint {
  const outer = reader.enterPart()
  const point: ExponentialPoint = {
    attributes: new Map(),
    startNs: 0n,
    timeNs: 0n,
    flags: 0,
    count: 0n,
    sum: null,
    min: null,
    max: null,
    scale: 0,
    zeroCount: 0n,
    positive: { offset: 0, counts: [] },
    negative: { offset: 0, counts: [] },
    exemplars: [],
  }
  while (reader.more()) {
    const tag = reader.tag()
    switch (tag) {
      case 0x0a: // attributes
        readAttribute(reader, point.attributes)
        break
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
      case 0x30: // scale
        point.scale = reader.sint32()
        break
      case 0x39: // zero_count
        point.zeroCount = reader.fixed64()
        break
      case 0x42: // positive
        readBuckets(reader, point.positive)
        break
      case 0x4a: // negative
        readBuckets(reader, point.negative)
        break
      case 0x50: // flags
        point.flags = reader.uint32()
        break
      case 0x5a: // exemplars
        point.exemplars.push(readExemplar(reader))
        break
      case 0x61: // min
        point.min = reader.double()
        break
      case 0x69: // max
        point.max = reader.double()
        break
      default:
        reader.skip(tag)
    }
  }
  reader.leave(outer)
  return point
}

function readBuckets(reader: Reader, buckets: Buckets): void {
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x08 /* offset */) buckets.offset = reader.sint32()
    else if (tag === 0x12 /* bucket_counts, packed */) readPacked(reader, () => buckets.counts.push(reader.uint64()))
    else if (tag === 0x10 /* bucket_counts, one by one */) buckets.counts.push(reader.uint64())
    else reader.skip(tag)
  }
  reader.leave(outer)
}

function readPacked(reader: Reader, readOne: () => void): void {
  const outer = reader.enter()
  while (reader.more()) readOne()
  reader.leave(outer)
}
