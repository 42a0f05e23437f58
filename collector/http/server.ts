import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Registry } from 'prom-client'
import type { Config } from '../../runtime/config-schema.ts'
import type { Signal } from '../signals.ts'
import type { Access } from './access.ts'
import type { Cors } from './cors.ts'
import { type createExportEndpoint, sendProblem } from './export-endpoint.ts'
import { notFound, problemOf, wrongMethod } from './problem.ts'

export interface ServerOptions {
  /** Where requests of each signal are taken. */
  paths: Config['collector']['paths']
  exportEndpoint: ReturnType<typeof createExportEndpoint>
  access: Access
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
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, handle)
  // `Expect: 100-continue`: the body is asked for only when reading starts, that is, after all checks of the head.
  server.on('checkContinue', (request, response) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue()
    })
    handle(request, response)
  })
  server.on('clientError', refuseMalformed)
  return server
}

interface Routes {
  signals: ReadonlyMap<string, Signal>
  /** What is received where, for who sends elsewhere. */
  served: string
}

function routesOf({ traces, metrics }: ServerOptions['paths']): Routes {
  const of = (signal: Signal, paths: readonly string[]) => paths.map((path) => [path, signal] as const)
  const signals = new Map([...of('traces', traces), ...of('metrics', metrics)])
  const places = [...signals].map(([path, signal]) => `${signal} to ${path}`)
  return { signals, served: places.length > 0 ? `send ${places.join(' and ')}` : 'OTLP/HTTP is switched off' }
}

async function route(
  { exportEndpoint, access, cors, registry, isReady }: ServerOptions,
  { signals, served }: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0]!
  const signal = signals.get(path)
  if (signal !== undefined) return cors(request, response) ? undefined : exportEndpoint(signal, request, response)
  if (path !== '/healthz' && path !== '/readyz' && path !== '/metrics') throw notFound(path, served)
  if (request.method !== 'GET' && request.method !== 'HEAD') throw wrongMethod('GET')
  if (path === '/metrics') {
    access(request.headers.authorization, 'read')
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics())
    return
  }
  const ok = path === '/healthz' || isReady()
  response.writeHead(ok ? 200 : 503, { 'content-type': 'text/plain' }).end(ok ? 'ok\n' : 'not ready\n')
}

function limitDrain(request: IncomingMessage): void {
  if (request.complete) return
  const timer = setTimeout(() => request.destroy(), DRAIN_MS)
  request.once('close', () => clearTimeout(timer))
}

const MALFORMED = JSON.stringify({ code: 3, message: 'malformed HTTP request' })

function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const head = ['HTTP/1.1 400 Bad Request', 'content-type: application/json', 'connection: close']
  socket.end(`${head.join('\r\n')}\r\ncontent-length: ${MALFORMED.length}\r\n\r\n${MALFORMED}`)
}
