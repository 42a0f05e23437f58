import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Registry } from 'prom-client'
import { environmentName } from '../runtime/config.ts'
import type { Config } from '../runtime/config-schema.ts'
import type { Log } from '../runtime/log.ts'
import type { Db } from '../storage/query.ts'
import { createApp } from './app.ts'
import { WEB_ROOT } from './web-pages.ts'

export interface ApiDeps {
  config: Config
  db: Db
  log: Log
  metrics: Registry
  /** Of the embedded engine; `/clickhouse` reads through it. */
  clickhouseUrl?: string
}

/** Answers about SLOs may lag this far behind the store: several dashboards cost as much as one. */
const MAX_AGE_MS = 1_000
/** How long requests in flight may take once the process is told to stop. */
const DRAIN_MS = 5_000

/** Serves the API and the UI; `api` is the address, with the port really taken. Rejects when the port is not free. */
export async function startApi(deps: ApiDeps): Promise<{ api: string; stop(): Promise<void> }> {
  const { config } = deps
  const app = createApp({
    ...deps,
    clock: () => new Date(),
    version: await readVersion(),
    webRoot: WEB_ROOT,
    clickhouseUrl: config.clickhouse === 'embedded' ? (deps.clickhouseUrl ?? null) : null,
    maxAgeMs: MAX_AGE_MS,
  })
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  await listen(server, config.bind, config.ports.api)
  const { port } = server.address() as AddressInfo
  return { api: `http://${hostOf(config.bind)}:${port}`, stop: () => close(server) }
}

async function readVersion(): Promise<string> {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return manifest.version
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(new Error(portMessage(cause, host, port), { cause })))
    server.listen(port, host, resolve)
  })
}

function portMessage({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  const key = `ports.api (${environmentName(['ports', 'api'])})`
  if (code === 'EADDRINUSE')
    return `port ${port} for the API is taken on ${host}: stop what uses it or set ${key} to another port, 0 for any free one`
  if (code === 'EACCES') return `port ${port} for the API needs more rights: set ${key} to a port above 1023`
  return `the API cannot listen on ${host}:${port}: ${message}; see ${key} and bind`
}

const hostOf = (bind: string): string => {
  if (bind === '0.0.0.0') return '127.0.0.1'
  if (bind === '::') return '[::1]'
  return bind.includes(':') ? `[${bind}]` : bind
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await closed
  clearTimeout(cut)
}
