import { healthyMs, PROVIDERS, type ProviderId } from '../../deploy/demo/providers.ts'
import type { Effect, Origin, PastSpan } from './past.ts'
import { hexFrom } from './random.ts'

export interface PastRequest {
  random: () => number
  /** What the next call to this place meets. */
  meet: (at: Origin) => Effect
  /** Of the checkout service. */
  version: string
}

/** A request on the wire, as either side of it reports it. */
interface Exchange {
  service: PastSpan['service']
  spanId: string
  parentSpanId: string | null
  startMs: number
  endMs: number
  method: string
  route: string
  status: number
}

const RETRY_AFTER_MS = 100
/** A refusal is quick; only kept promises take time. */
const REFUSAL_MS = 5

/** The trace of `POST /checkout`: who is it, charge, ship, tell; oldest span last. */
export function pastCheckout(request: PastRequest, startMs: number): PastSpan[] {
  const trace = new Trace(request)
  const spanId = trace.id()
  const known = trace.internal(
    spanId,
    startMs + 1,
    { to: 'accounts', method: 'GET', route: '/accounts/{id}' },
    (parent, at) =>
      trace.attempt({
        service: 'accounts',
        parent,
        startMs: at,
        id: 'identity',
        method: 'GET',
        route: '/v1/identities/{id}',
      }).endMs,
  )
  const broken = request.meet('checkout').status
  let endMs = known
  if (broken === null) {
    endMs = trace.vendor({ parent: spanId, startMs: endMs, id: 'payment', method: 'POST', route: '/v1/charges' })
    endMs = trace.vendor({ parent: spanId, startMs: endMs, id: 'shipping', method: 'POST', route: '/v2/shipments' })
    endMs = trace.internal(
      spanId,
      endMs,
      { to: 'notifications', method: 'POST', route: '/notifications' },
      (parent, at) =>
        trace.attempt({
          service: 'notifications',
          parent,
          startMs: at,
          id: 'email',
          method: 'POST',
          route: '/v3/mail/send',
        }).endMs,
    )
  }
  trace.server({
    service: 'checkout',
    spanId,
    parentSpanId: null,
    startMs,
    endMs: endMs + 1,
    method: 'POST',
    route: '/checkout',
    status: broken ?? 201,
  })
  return trace.spans
}

/** The trace of `GET /orders/{id}`: where is my parcel? */
export function pastOrder(request: PastRequest, startMs: number): PastSpan[] {
  const trace = new Trace(request)
  const spanId = trace.id()
  const endMs = trace.vendor({
    parent: spanId,
    startMs: startMs + 1,
    id: 'shipping',
    method: 'GET',
    route: '/v2/shipments/{id}',
  })
  trace.server({
    service: 'checkout',
    spanId,
    parentSpanId: null,
    startMs,
    endMs: endMs + 1,
    method: 'GET',
    route: '/orders/{id}',
    status: 200,
  })
  return trace.spans
}

interface ThirdPartyCall {
  parent: string
  startMs: number
  id: ProviderId
  method: string
  route: string
}

/** Collects the spans of one trace; every call returns when it was over. */
class Trace {
  readonly spans: PastSpan[] = []
  readonly #request: PastRequest
  readonly #traceId: string

  constructor(request: PastRequest) {
    this.#request = request
    this.#traceId = hexFrom(request.random, 32)
  }

  id(): string {
    return hexFrom(this.#request.random, 16)
  }

  /** checkout → one of our own services, seen from both sides. */
  internal(
    parentSpanId: string,
    startMs: number,
    { to, method, route }: { to: 'accounts' | 'notifications'; method: string; route: string },
    work: (parent: string, startMs: number) => number,
  ): number {
    const [client, server] = [this.id(), this.id()]
    const status = method === 'POST' ? 202 : 200
    const workedMs = work(server, startMs + 1.5)
    const common = { method, route, status }
    this.server({
      ...common,
      service: to,
      spanId: server,
      parentSpanId: client,
      startMs: startMs + 1,
      endMs: workedMs + 0.5,
    })
    this.#client({ ...common, service: 'checkout', spanId: client, parentSpanId, startMs, endMs: workedMs + 1 }, to)
    return workedMs + 1
  }

  /** One attempt at a third party. */
  attempt(
    { service, parent, startMs, id, method, route }: ThirdPartyCall & { service: PastSpan['service'] },
    more: PastSpan['attributes'] = {},
  ): { status: number; endMs: number } {
    const { random, meet } = this.#request
    const { status, slowerMs } = meet(id)
    const durationMs = status === null ? healthyMs(PROVIDERS[id], 1 - random(), random()) + slowerMs : REFUSAL_MS
    const answer = { status: status ?? 200, endMs: startMs + durationMs }
    this.#client(
      { service, spanId: this.id(), parentSpanId: parent, startMs, method, route, ...answer },
      PROVIDERS[id].name,
      more,
    )
    return answer
  }

  /** A third party behind its vendor client: one retry after an answer that may get better. */
  vendor(call: ThirdPartyCall): number {
    const more = { 'url.template': call.route }
    const first = this.attempt({ ...call, service: 'checkout' }, more)
    if (first.status < 429) return first.endMs
    const again = { ...call, startMs: first.endMs + RETRY_AFTER_MS, service: 'checkout' as const }
    return this.attempt(again, { ...more, 'http.request.resend_count': 1 }).endMs
  }

  server(exchange: Exchange): void {
    const { method, route, status } = exchange
    this.#add(exchange, 'server', `${method} ${route}`, status >= 500, {
      'http.route': route,
      'url.path': route.replace('{id}', this.#number()),
      'url.scheme': 'http',
      'server.address': `${exchange.service}.demo.internal`,
      'user_agent.original': 'node',
    })
  }

  #client(exchange: Exchange, peer: string, more: PastSpan['attributes'] = {}): void {
    const { method, route, status } = exchange
    this.#add(exchange, 'client', `${method} ${peer}`, status >= 400, {
      'service.peer.name': peer,
      'url.full': `http://${peer}.demo.internal${route.replace('{id}', this.#number())}`,
      'server.address': `${peer}.demo.internal`,
      'server.port': 80,
      ...(status >= 400 ? { 'error.type': String(status) } : {}),
      ...more,
    })
  }

  #add(
    { service, spanId, parentSpanId, startMs, endMs, method, status }: Exchange,
    kind: PastSpan['kind'],
    name: string,
    failed: boolean,
    attributes: PastSpan['attributes'],
  ): void {
    const version = { checkout: this.#request.version, accounts: '3.4.1', notifications: '1.9.0' }[service]
    const common = {
      'http.request.method': method,
      'http.response.status_code': status,
      'network.protocol.version': '1.1',
    }
    this.spans.push({
      ...{ service, version, kind, name, traceId: this.#traceId, spanId, parentSpanId, startMs, endMs, failed },
      attributes: { ...common, ...attributes },
    })
  }

  #number(): string {
    return String(100_000 + Math.floor(this.#request.random() * 900_000))
  }
}
