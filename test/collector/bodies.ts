import { asBody, metricsEnvelope, metricsJson, pairs, spanJson, T0_NS, traceBody, traceJson } from './builders.ts'
import { double, doubleBytes, fixed64, fixed64Bytes, len, varint, vint, zigzag } from './wire.ts'

const rich = {
  attributes: { s: 'ü', n: -5n, list: [1n, { a: null }], blob: Buffer.from([1, 2, 3]) },
  events: [{ name: 'exception', attributes: { 'exception.type': 'E' } }],
  links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), attributes: { x: 'y' } }],
  status: { code: 2, message: 'm' },
}
const exemplar = len(8, fixed64(2, T0_NS), double(3, 1), ...pairs(7, { a: 'b' }))
const histogram = [
  fixed64(3, T0_NS),
  fixed64(4, 3),
  len(6, fixed64Bytes(1), fixed64Bytes(2)),
  len(7, doubleBytes(1)),
  exemplar,
]
const exponential = [fixed64(3, T0_NS), zigzag(6, -1), len(8, zigzag(1, 2), len(2, varint(300), varint(1)))]

/** Valid requests, with most of what a request can hold, in both encodings: what fuzzing begins with. */
export const VALID_BODIES = {
  '/v1/traces': { protobuf: traceBody([rich, {}]), json: asBody(traceJson([spanJson(rich), spanJson()])) },
  '/v1/metrics': {
    protobuf: metricsEnvelope([
      Buffer.concat([len(1, 'h'), len(9, len(1, ...histogram), vint(2, 1))]),
      Buffer.concat([len(1, 'e'), len(10, len(1, ...exponential), vint(2, 2))]),
      Buffer.concat([len(1, 'g'), len(5, len(1, fixed64(3, T0_NS), double(4, 1), ...pairs(7, { a: 'b' })))]),
    ]),
    json: asBody(
      metricsJson([
        { name: 'g', gauge: { dataPoints: [{ timeUnixNano: String(T0_NS), asDouble: 'NaN' }] } },
        {
          name: 'h',
          histogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano: '5', count: 2 ** 54 }] },
        },
      ]),
    ),
  },
} as const
