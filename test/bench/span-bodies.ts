import { randomFillSync } from 'node:crypto'
import { type Attributes, type SpanSpec, T0_NS, traceBody } from '../collector/builders.ts'

const TRACE = 'a5'.repeat(16)
const SPAN = 'b6'.repeat(8)
const PARENT = 'c7'.repeat(8)
/** Stand in for digits that differ from trace to trace, and from span to span. */
const ORDER = '~~~~~~'
const TENANT = '^^'
const HOST = '``'
const REQUEST_NS = 50_000_000n
const ERROR_EVERY = 50

interface Node {
  /** Index of its parent in the trace; -1: in another service. */
  parent: number
  name: string
  /** OTLP number: 1 internal, 2 server, 3 client, 4 producer. */
  kind: number
  /** After the trace's start, and the shortest duration; microseconds. */
  startUs: number
  durationUs: number
  attributes: Attributes
}

const COMMON = { 'thread.id': 17n, 'thread.name': 'http-nio-8080', 'app.tenant': `tenant-${TENANT}` }
const HTTP = { 'network.protocol.version': '1.1', 'user_agent.original': 'shop/4.12 (node 24)' }

const outgoing = (host: string, path: string, status: bigint): Attributes => ({
  'http.request.method': 'POST',
  'http.response.status_code': status,
  'url.full': `https://${host}/v1/${path}/${ORDER}`,
  'server.address': host,
  'server.port': 443n,
  'network.peer.address': `10.1.7.${HOST}`,
  'app.order': ORDER,
  ...HTTP,
  ...COMMON,
})

const query = (operation: string, collection: string, text: string): Attributes => ({
  'db.system.name': 'postgresql',
  'db.namespace': 'shop',
  'db.operation.name': operation,
  'db.collection.name': collection,
  'db.query.text': text,
  'db.query.summary': `${operation} ${collection}`,
  'server.address': 'orders-db.internal',
  'server.port': 5432n,
  'network.peer.address': `10.1.2.${HOST}`,
  ...COMMON,
})

const inside = (name: string): Attributes => ({
  'code.function.name': name,
  'code.file.path': 'src/orders/place.ts',
  'code.line.number': 118n,
  'app.order': ORDER,
  'app.cached': false,
  ...COMMON,
})

/** What one service does for one request, as instrumented services send it: six of eight spans are calls. */
const tree = (failing: boolean): Node[] => [
  {
    ...{ parent: -1, name: 'POST /v1/orders/{id}', kind: 2, startUs: 0, durationUs: 30_000 },
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/v1/orders/{id}',
      'http.response.status_code': failing ? 502n : 200n,
      'url.path': `/v1/orders/${ORDER}`,
      'url.scheme': 'https',
      'server.address': 'shop.example',
      'server.port': 443n,
      'client.address': `10.8.3.${HOST}`,
      ...HTTP,
      ...COMMON,
    },
  },
  {
    ...{ parent: 0, name: 'Orders.place', kind: 1, startUs: 300, durationUs: 25_000 },
    attributes: inside('Orders.place'),
  },
  {
    ...{ parent: 1, name: 'SELECT orders', kind: 3, startUs: 600, durationUs: 900 },
    attributes: query('SELECT', 'orders', 'SELECT id, total, state FROM orders WHERE id = $1'),
  },
  {
    ...{ parent: 1, name: 'POST', kind: 3, startUs: 2_500, durationUs: 4_000 },
    attributes: outgoing('stock.internal', 'reservations', 200n),
  },
  {
    ...{ parent: 1, name: 'Orders.charge', kind: 1, startUs: 8_000, durationUs: 12_000 },
    attributes: inside('Orders.charge'),
  },
  {
    ...{ parent: 4, name: 'POST', kind: 3, startUs: 8_200, durationUs: 11_000 },
    attributes: outgoing('api.payments.example', 'charges', failing ? 503n : 201n),
  },
  {
    ...{ parent: 1, name: 'UPDATE orders', kind: 3, startUs: 21_000, durationUs: 1_500 },
    attributes: query('UPDATE', 'orders', 'UPDATE orders SET state = $2 WHERE id = $1'),
  },
  {
    ...{ parent: 1, name: 'orders publish', kind: 4, startUs: 23_000, durationUs: 700 },
    attributes: {
      'messaging.system': 'kafka',
      'messaging.destination.name': 'orders',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.client.id': 'shop-producer-1',
      'messaging.kafka.message.key': ORDER,
      'server.address': 'kafka.internal',
      'server.port': 9092n,
      'network.peer.address': `10.1.4.${HOST}`,
      ...COMMON,
    },
  },
]

const SPANS_PER_TRACE = tree(false).length

const RESOURCE = {
  'service.name': 'checkout',
  'service.version': '1.4.2',
  'deployment.environment.name': 'production',
  'host.name': 'checkout-7d9f6c-x2x9z',
  'telemetry.sdk.language': 'nodejs',
}

/** Of template span `i`: all different, so that each is found again in the body. */
const templateStart = (i: number) => T0_NS + BigInt(i)

function templateSpan(i: number): SpanSpec {
  const failing = Math.floor(i / SPANS_PER_TRACE) % ERROR_EVERY === 7
  const { name, kind, attributes } = tree(failing)[i % SPANS_PER_TRACE]!
  const ids = { traceId: TRACE, spanId: SPAN, parentSpanId: PARENT }
  const status = failing && (kind === 2 || attributes['server.address'] === 'api.payments.example') ? { code: 2 } : {}
  return { ...ids, name, kind, startNs: templateStart(i), endNs: templateStart(i), attributes, status }
}

/**
 * Bodies of `spans` spans each, some 12 attributes a span. Ids are random; eight spans make a trace: a request served with
 * what it calls. Orders differ from trace to trace, tenants, hosts, times and durations as well: what compresses badly in
 * real traffic does so here.
 */
export function spanBodies(spans: number): (request: number) => Buffer {
  const template = traceBody(
    Array.from({ length: spans }, (_, i) => templateSpan(i)),
    RESOURCE,
  )
  const find = (marker: Buffer | string) => placesOf(template, Buffer.from(marker))
  const [traces, ids, parents] = [TRACE, SPAN, PARENT].map((hex) => find(Buffer.from(hex, 'hex'))) as [
    number[],
    number[],
    number[],
  ]
  const nodes = tree(false)
  const starts = Array.from({ length: spans }, (_, i) => template.indexOf(bytesOf(templateStart(i)), parents[i]))
  /** Places of digits, with the span each is in. */
  const digits = [ORDER, TENANT, HOST].map((marker) =>
    find(marker).map((at) => ({ at, span: ids.findLastIndex((id) => id < at) })),
  )
  const random = Buffer.alloc(spans * 16)
  return (request) => {
    const body = Buffer.from(template)
    randomFillSync(random)
    const write = (places: { at: number; span: number }[], width: number, numberOf: (span: number) => number) => {
      for (const { at, span } of places) body.write(String(numberOf(span)).padStart(width, '0'), at, 'latin1')
    }
    for (let i = 0; i < spans; i++) {
      const node = i % SPANS_PER_TRACE
      const { parent, startUs, durationUs } = nodes[node]!
      const root = i - node
      random.copy(body, traces[i]!, 16 * root, 16 * root + 16)
      random.copy(body, ids[i]!, 16 * i + 8, 16 * i + 16)
      const parentAt = parent < 0 ? 16 * i + 4 : 16 * (root + parent) + 8
      random.copy(body, parents[i]!, parentAt, parentAt + 8)
      const at =
        (random.readUInt32LE(16 * root) % Number(REQUEST_NS)) + startUs * 1000 + random.readUInt16LE(16 * i + 8)
      const startNs = T0_NS + BigInt(request) * REQUEST_NS + BigInt(at)
      // Up to four times as long, the longer the rarer.
      const durationNs = Math.round(durationUs * 1000 * 4 ** ((random.readUInt32LE(16 * i + 10) / 2 ** 32) ** 2))
      body.writeBigUInt64LE(startNs, starts[i]!)
      body.writeBigUInt64LE(startNs + BigInt(durationNs), starts[i]! + 9)
    }
    const inTrace = (span: number, offset: number) =>
      random.readUInt32LE(16 * (span - (span % SPANS_PER_TRACE)) + offset)
    write(digits[0]!, ORDER.length, (span) => inTrace(span, 4) % 1_000_000)
    write(digits[1]!, TENANT.length, (span) => inTrace(span, 8) % 40)
    write(digits[2]!, HOST.length, (span) => 10 + (random.readUInt32LE(16 * span + 12) % 20))
    return body
  }
}

const bytesOf = (ns: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(ns)
  return bytes
}

function placesOf(template: Buffer, marker: Buffer): number[] {
  const places: number[] = []
  for (let at = template.indexOf(marker); at >= 0; at = template.indexOf(marker, at + marker.length)) places.push(at)
  return places
}
