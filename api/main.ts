import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { Registry } from 'prom-client'
import type { Config } from '../runtime/config-schema.ts'
import { close, listen } from '../runtime/listen.ts'
import type { Log } from '../runtime/log.ts'
import type { RepeatedTask } from '../runtime/repeated-task.ts'
import { VERSION } from '../runtime/version.ts'
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
  /** User and password that it asks of guests. */
  clickhouseHeaders?: Record<string, string>
  /** The evaluations of this process; absent where another process evaluates. */
  evaluations?: RepeatedTask
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
    version: VERSION,
    webRoot: WEB_ROOT,
    clickhouseUrl: config.clickhouse === 'embedded' ? (deps.clickhouseUrl ?? null) : null,
    maxAgeMs: MAX_AGE_MS,
    ackTtlMs: config.alerting.ackTtl,
  })
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  const api = await listen(server, config.bind, config.ports.api, 'api')
  return { api, stop: () => close(server, DRAIN_MS) }
}
