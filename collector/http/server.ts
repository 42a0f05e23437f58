import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import type { Config } from '../../runtime/config-schema.ts'
import type { Signal } from '../signals.ts'
import type { Access } from './access.ts'
import type { Cors } from './cors.ts'
import { type createExportEndpoint, sendProblem } from './export-endpoint.ts'
import type { RefuseForeign } from './foreign-requests.ts'
import { malformedRequest, notFound, problemOf, wrongExpectation, wrongMethod } from './problem.ts'
import { refuseUnparsed } from './unparsed.ts'

export interface ServerOptions {
  /** Where requests of each signal are taken. */
  paths: Config['collector']['paths']
  exportEndpoint: ReturnType<typeof createExportEndpoint>
  access: Access
  /** Throws when the request came by a foreign name, or from a foreign page. */
  refuseForeign: RefuseForeign
  /** Writes the headers that browsers want; true when that was all there was to answer. */
  cors: Cors
  registry: Registry
  /** Whether new requests are taken now. */
  isReady: () => boolean
}

/** Longer than the idle time of clients and proxies, so that they close first and never meet a closed connection. */
const KEEP_ALIVE_MS = 75_000
/** How long the rest of a refused body is read, so that its sender sees the answer before the connection closes. */
const DRAIN_MS = 5_000

/** The collector's HTTP server: OTLP, health and metrics on one port. Not listening yet. */
export function createOtlpServer(options: ServerOptions): Server {
  const routes = routesOf(options.paths)
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    route(options, routes, request, response).catch((error: unknown) =>
      sendProblem(request, response, problemOf(error)),
    )
    response.once('finish', () => limitDrain(request))
  }
  // A request without host is refused below, with a body like other refusals.
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true, requireHostHeader: false }, handle)
  // `Expect: 100-continue`: the body is asked for only when reading starts, that is, after all checks of the head.
  server.on('checkContinue', (request, response) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue()
    })
    handle(request, response)
  })
  server.on('checkExpectation', (request, response) => {
    sendProblem(request, response, wrongExpectation(request.headers.expect ?? ''))
  })
  server.on('clientError', refuseUnparsed)
  return server
}

interface Routes {
  signals: ReadonlyMap<string, Signal>
  /** What is received where, for who sends elsewhere. */
  served: string
}

function routesOf({ traces, metrics }: ServerOptions['paths']): Routes {
  const of = (signal: Signal, paths: readonly string[]) => paths.map((path) => [path, signal] as const)
  const configured = new Map([...of('traces', traces), ...of('metrics', metrics)])
  const places = [...configured].map(([path, signal]) => `${signal} to ${path}`)
  const signals = new Map([...configured].map(([path, signal]) => [plainPath(path), signal] as const))
  return { signals, served: places.length > 0 ? `send ${places.join(' and ')}` : 'OTLP/HTTP is switched off' }
}

async function route(
  { exportEndpoint, access, refuseForeign, cors, registry, isReady }: ServerOptions,
  { signals, served }: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers.host === undefined && request.httpVersion === '1.1') throw malformedRequest('Host is missing')
  refuseForeign(request)
  const path = pathOf(request.url ?? '/')
  const signal = signals.get(path)
  if (signal !== undefined) return cors(request, response) ? undefined : exportEndpoint(signal, request, response)
  if (path !== '/healthz' && path !== '/readyz' && path !== '/metrics') throw notFound(path, served)
  if (request.method !== 'GET' && request.method !== 'HEAD') throw wrongMethod('GET')
  if (path === '/metrics') {
    const { authorization } = request.headers
    access({ authorization, door: 'collector_metrics', address: request.socket.remoteAddress }, 'read')
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics())
    return
  }
  const ok = path === '/healthz' || isReady()
  response.writeHead(ok ? 200 : 503, { 'content-type': 'text/plain' }).end(ok ? 'ok\n' : 'not ready\n')
}

/** Without query, and without the authority that a request meant for a proxy has. Source: RFC 9112, 3.2.2. */
const pathOf = (target: string): string => plainPath(target.split('?', 1)[0]!.replace(/^https?:\/\/[^/]*/i, ''))

/** Endpoints are put together from parts, of which one may end and the next begin with a slash: such slashes count once. */
const plainPath = (path: string): string => path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')

function limitDrain(request: IncomingMessage): void {
  if (request.complete) return
  const timer = setTimeout(() => request.destroy(), DRAIN_MS)
  request.once('close', () => clearTimeout(timer))
}
