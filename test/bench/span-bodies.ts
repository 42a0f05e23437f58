import { hexOf, type SpanSpec, T0_NS, traceBody } from '../collector/builders.ts'

const ROUTES = ['/v1/charges/{id}', '/v1/customers/{id}', '/v1/refunds', '/v1/payouts/{id}/events']
const PLACEHOLDER = 'a5'.repeat(16)

/** A span of an HTTP client with 12 attributes, as an instrumented service sends it. */
const httpSpan = (i: number): SpanSpec => ({
  traceId: PLACEHOLDER,
  spanId: hexOf(i + 1, 8),
  parentSpanId: hexOf(i + 2, 8),
  name: 'POST',
  kind: i % 3 === 0 ? 2 : 3,
  startNs: T0_NS + BigInt(i) * 1_000_000n,
  endNs: T0_NS + BigInt(i) * 1_000_000n + BigInt(5_000_000 + ((i * 7919) % 90_000_000)),
  attributes: {
    'http.request.method': 'POST',
    'http.response.status_code': BigInt(i % 50 === 0 ? 503 : 200),
    'http.route': ROUTES[i % ROUTES.length]!,
    'url.full': `https://api.payments.example/v1/charges/${100_000 + i}`,
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

/** Bodies of `spans` spans each that differ in every trace id, so that none counts as repeated. */
export function spanBodies(spans: number): (request: number) => Buffer {
  const resource = {
    'service.name': 'checkout',
    'service.version': '1.4.2',
    'deployment.environment.name': 'production',
    'host.name': 'checkout-7d9f6c-x2x9z',
    'telemetry.sdk.language': 'nodejs',
  }
  const template = traceBody(
    Array.from({ length: spans }, (_, i) => httpSpan(i)),
    resource,
  )
  const marker = Buffer.from(PLACEHOLDER, 'hex')
  const offsets: number[] = []
  for (let at = template.indexOf(marker); at >= 0; at = template.indexOf(marker, at + 1)) offsets.push(at)
  return (request) => {
    const body = Buffer.from(template)
    offsets.forEach((at, i) => {
      body.writeUInt32BE(request + 1, at)
      body.writeUInt32BE(i + 1, at + 4)
    })
    return body
  }
}
