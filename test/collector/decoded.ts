import { decodeMetricsJson as metricsJson } from '../../collector/json/metrics.ts'
import { decodeTracesJson as tracesJson } from '../../collector/json/traces.ts'
import { decodeMetrics as metrics } from '../../collector/protobuf/metrics.ts'
import { decodeTraces as traces } from '../../collector/protobuf/traces.ts'
import type { Decoded } from '../../collector/telemetry.ts'

/** The decoders with everything read at once, so that results can be compared. */
const whole =
  <Item>(decode: (body: Buffer) => Decoded<Item>) =>
  (body: Buffer) => {
    const { groups, notes } = decode(body)
    const read = groups.map(({ resource, scopes }) => ({
      resource,
      scopes: scopes.map(({ scope, items }) => ({ scope, items: [...items] })),
    }))
    return { groups: read, stringIndexes: notes.stringIndexes }
  }

export const decodeTraces = whole(traces)
export const decodeMetrics = whole(metrics)
export const decodeTracesJson = whole(tracesJson)
export const decodeMetricsJson = whole(metricsJson)
