import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { trace } from '@opentelemetry/api'

export interface Reply {
  status: number
  body: unknown
}

export type Handler = (body: string, path: string) => Promise<Reply>

/** `GET /orders/{id}` → handler; a `{…}` part stands for any one path segment. */
export type Routes = Readonly<Record<string, Handler>>

/**
 * A small JSON server on a free loopback port that names its route on the active server span.
 * Tells the parent process its URL and stops when the parent says so or is gone.
 */
export function serve(routes: Routes, stopTelemetry: () => Promise<void>): void {
  const table = Object.entries(routes).map(([route, handler]) => ({ route, pattern: patternOf(route), handler }))
  const server = http.createServer(async (request, response) => {
    const path = request.url ?? '/'
    const found = table.find(({ pattern }) => pattern.test(`${request.method} ${path}`))
    const reply = found
      ? await answer(found.route, () => bodyOf(request).then((body) => found.handler(body, path)))
      : { status: 404, body: { error: 'no such route' } }
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body))
  })
  const stop = async () => {
    server.close()
    server.closeAllConnections()
    await stopTelemetry().catch(() => {})
    process.exit(0)
  }
  process.once('SIGTERM', stop).once('disconnect', stop)
  // Ctrl-C reaches the whole group; the parent decides when to stop whom.
  process.on('SIGINT', () => {})
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ ready: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  })
}

const patternOf = (route: string) => new RegExp(`^${route.replaceAll(/\{[^}]+\}/g, '[^/?]+')}(\\?.*)?$`)

async function answer(route: string, handle: () => Promise<Reply>): Promise<Reply> {
  const span = trace.getActiveSpan()
  span?.setAttribute('http.route', route.slice(route.indexOf(' ') + 1))
  span?.updateName(route)
  try {
    return await handle()
  } catch (error) {
    if (error instanceof Error) span?.recordException(error)
    return { status: 500, body: { error: 'internal error' } }
  }
}

async function bodyOf(request: http.IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
