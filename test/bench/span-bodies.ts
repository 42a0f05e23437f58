import { randomFillSync } from 'node:crypto'
import { type SpanSpec, T0_NS, traceBody } from '../collector/builders.ts'

const ROUTES = ['/v1/charges/{id}', '/v1/customers/{id}', '/v1/refunds', '/v1/payouts/{id}/events']
const TRACE = 'a5'.repeat(16)
const SPAN = 'b6'.repeat(8)
const PARENT = 'c7'.repeat(8)
const CHARGE = '314159'
const SPANS_PER_TRACE = 8
const REQUEST_NS = 50_000_000n
/** Of template span `i`: all different, so that each is found again in the body. */
const startOf = (i: number) => T0_NS + BigInt(i) * 97_003n
const durationOf = (i: number) => BigInt(5_000_000 + ((i * 7919) % 90_000_000))

/** A span of an HTTP client or server with 12 attributes, as an instrumented service sends it. */
const httpSpan = (i: number): SpanSpec => ({
  traceId: TRACE,
  spanId: SPAN,
  parentSpanId: PARENT,
  name: 'POST',
  kind: i % 3 === 0 ? 2 : 3,
  startNs: startOf(i),
  endNs: startOf(i) + durationOf(i),
  attributes: {
    'http.request.method': 'POST',
    'http.response.status_code': BigInt(i % 50 === 0 ? 503 : 200),
    'http.route': ROUTES[i % ROUTES.length]!,
    'url.full': `https://api.payments.example/v1/charges/${CHARGE}`,
    'server.address': 'api.payments.example',
    'server.port': 443n,
    'network.protocol.version': '1.1',
    'network.peer.address': `10.1.${i % 250}.${i % 199}`,
    'user_agent.original': 'shop/4.12 (node 24)',
    'thread.id': BigInt(i % 16),
    'app.tenant': `tenant-${i % 40}`,
    'app.cached': i % 2 === 0,
  },
})

const RESOURCE = {
  'service.name': 'checkout',
  'service.version': '1.4.2',
  'deployment.environment.name': 'production',
  'host.name': 'checkout-7d9f6c-x2x9z',
  'telemetry.sdk.language': 'nodejs',
}

/**
 * Bodies of `spans` spans each. Ids are random, eight spans to a trace, each the child of the one before; times go on from
 * body to body, and one attribute differs from span to span: what compresses badly in real traffic does so here.
 */
export function spanBodies(spans: number): (request: number) => Buffer {
  const template = traceBody(
    Array.from({ length: spans }, (_, i) => httpSpan(i)),
    RESOURCE,
  )
  const places = {
    trace: placesOf(template, Buffer.from(TRACE, 'hex')),
    span: placesOf(template, Buffer.from(SPAN, 'hex')),
    parent: placesOf(template, Buffer.from(PARENT, 'hex')),
    charge: placesOf(template, Buffer.from(CHARGE)),
  }
  // In the template a parent's id is followed by the name, the kind and both times: 6 + 2 + 1 bytes on.
  const times = places.parent.map((at) => at + 8 + 6 + 2 + 1)
  if (times.some((at, i) => template.readBigUInt64LE(at) !== startOf(i))) throw new Error('times are elsewhere')
  const random = Buffer.alloc(spans * 16)
  return (request) => {
    const body = Buffer.from(template)
    randomFillSync(random)
    for (let i = 0; i < spans; i++) {
      const inTrace = i % SPANS_PER_TRACE
      random.copy(body, places.trace[i]!, 16 * (i - inTrace), 16 * (i - inTrace) + 16)
      random.copy(body, places.span[i]!, 16 * i + 8, 16 * i + 16)
      // The first one's parent is in another service.
      random.copy(body, places.parent[i]!, inTrace > 0 ? 16 * i - 8 : 16 * i + 4, inTrace > 0 ? 16 * i : 16 * i + 12)
      body.write(String(100_000 + (random.readUInt32LE(16 * i + 4) % 900_000)), places.charge[i]!, 'latin1')
      const start = startOf(i) + BigInt(request) * REQUEST_NS + BigInt(random[16 * i + 8]!) * 1_001n
      body.writeBigUInt64LE(start, times[i]!)
      body.writeBigUInt64LE(start + durationOf(i) + BigInt(random[16 * i + 9]!) * 10_007n, times[i]! + 9)
    }
    return body
  }
}

function placesOf(template: Buffer, marker: Buffer): number[] {
  const places: number[] = []
  for (let at = template.indexOf(marker); at >= 0; at = template.indexOf(marker, at + 1)) places.push(at)
  return places
}
