import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { type ApiDeps, startApi } from '../api/main.ts'
import { ALLOCATOR_ENVIRONMENT } from '../collector/allocator.ts'
import { startCollector } from '../collector/main.ts'
import { startEvaluator } from '../evaluator/main.ts'
import { superviseChild } from '../runtime/child.ts'
import { loadConfig, toEnvironment } from '../runtime/config.ts'
import { ConfigError } from '../runtime/config-error.ts'
import type { Config } from '../runtime/config-schema.ts'
import { Stops } from '../runtime/lifecycle.ts'
import { createLog, type Log } from '../runtime/log.ts'
import { RepeatedTask } from '../runtime/repeated-task.ts'
import { connect, embeddedServer, type Server } from '../storage/client.ts'
import { removeAccess, writeAccess } from '../storage/embedded/access-file.ts'
import { type Account, credentialHeaders } from '../storage/embedded/accounts.ts'
import { startEmbedded } from '../storage/embedded/embedded.ts'
import { prepareStore } from '../storage/migrate.ts'
import { applyRetention } from '../storage/retention.ts'
import { banner } from './banner.ts'
import { makeDataDir } from './data-dir.ts'
import { refusedEndpoints } from './refused-endpoints.ts'
import type { Role } from './roles.ts'

export interface StartOptions {
  config?: string
  role?: Role
  insecure?: boolean
  json?: boolean
}

/** Where a running Plumbline listens; the line `plumbline start --json` prints. */
export interface Addresses {
  otlpHttp?: string
  otlpGrpc?: string
  api?: string
  clickhouse?: string
  /** What the embedded engine asks of tools of this machine: user and password of this start. */
  clickhouseHeaders?: Record<string, string>
}

/** `plumbline start`: runs until SIGINT or SIGTERM, exit code 0; 2 for a faulty configuration, 1 when it cannot start. */
export async function runStart(options: StartOptions): Promise<void> {
  const overrides = options.insecure ? { insecure: true } : {}
  await runUntilSignal({ ...options, overrides }, async () => undefined)
}

/**
 * Starts what the options ask for, says where it listens, calls `whenReady`, and stops everything on a signal.
 * @param whenReady gets a signal that aborts when the process is asked to stop, and is waited for before the roles stop
 */
export async function runUntilSignal(
  { role, json, ...source }: StartOptions & { overrides: Record<string, unknown>; next?: string },
  whenReady: (addresses: Addresses, log: Log, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const config = loadConfig({ path: source.config, env: process.env, overrides: source.overrides })
  const log = createLog(config.log.level, role ?? 'plumbline')
  const stops = new Stops(log)
  const asked = stopOnSignal(stops, log)
  try {
    const open = makeDataDir(config.dataDir)
    if (open !== null) log.warn({ dataDir: config.dataDir, reason: open }, 'other users may read the data directory')
    const addresses = role
      ? await startRole(role, config, log, stops)
      : await startAll(config, source, { log, asked }, stops)
    process.send?.(addresses)
    if (json) console.log(JSON.stringify({ event: 'ready', ...addresses }))
    else if (!process.send) console.log(banner(addresses, config, source.next))
    if (role === undefined || role === 'evaluator') void warnOfEndpoints(config, log)
    const running = whenReady(addresses, log, asked)
    stops.add('command', () => running)
    await running
  } catch (error) {
    if (error instanceof ConfigError) throw error
    console.error(`plumbline: ${error instanceof Error ? error.message : error}`)
    log.debug({ err: error }, 'ended by an error')
    await stops.stopAll()
    process.exit(1)
  }
}

/** All roles on one machine; the collector in a process of its own, so that a flood of spans does not delay a tick. */
async function startAll(
  config: Config,
  source: { config?: string; overrides: Record<string, unknown> },
  { log, asked }: { log: Log; asked: AbortSignal },
  stops: Stops,
): Promise<Addresses> {
  const store = await openStore(config, log, stops)
  await migrateStore(store.serverOf('evaluator'), config, log)
  const shared = { config, log, metrics: registry() }
  // Connections of their own: many or slow requests to the API take none that the evaluator needs.
  const connectAs = (account: Account) => {
    const db = connect(store.serverOf(account))
    stops.add(`store connection of the ${account}`, () => db.close())
    return db
  }

  const collector = await superviseChild(
    'collector',
    fileURLToPath(new URL('./plumbline.js', import.meta.url)),
    ['start', '--role', 'collector', ...(source.config ? ['--config', source.config] : [])],
    (before) => ({
      ...ALLOCATOR_ENVIRONMENT,
      ...process.env,
      ...collectorEnvironment(store.serverOf('collector'), source.overrides, before),
    }),
    { log, asked },
  )
  stops.add('collector', collector.stop)

  const evaluations = new RepeatedTask()
  const api = await startApi({ ...shared, db: connectAs('api'), ...store.guests, evaluations })
  stops.add('api', api.stop)

  const publicUrl = config.publicUrl ?? api.api
  const evaluator = await startEvaluator({
    ...shared,
    db: connectAs('evaluator'),
    config: { ...config, publicUrl },
    evaluations,
  })
  stops.add('evaluator', evaluator.stop)

  return { ...collector.ready, api: api.api, ...store.addresses }
}

async function startRole(role: Role, config: Config, log: Log, stops: Stops): Promise<Addresses> {
  if (config.clickhouse === 'embedded') {
    throw new ConfigError([
      {
        where: 'clickhouse',
        message: `a role alone needs a ClickHouse server: set clickhouse.url (PLUMBLINE_CLICKHOUSE_URL)`,
      },
    ])
  }
  const server = config.clickhouse
  const migrated = migrateWhenReachable(server, config, log, stops)
  // What arrives waits on disk until there is a schema: the collector takes it in from the start.
  if (role === 'collector')
    migrated.catch((error) => log.error({ err: error }, 'the schema cannot be brought up to date'))
  else await migrated
  const deps = { config, log, metrics: registry(), db: connect(server) }
  stops.add('store connection', () => deps.db.close())
  if (role === 'collector') {
    const { stop, ...addresses } = await startCollector(deps)
    stops.add(role, stop)
    return addresses
  }
  if (role === 'api') {
    const { api, stop } = await startApi(deps)
    stops.add(role, stop)
    return { api }
  }
  const { stop } = await startEvaluator(deps)
  stops.add(role, stop)
  return {}
}

interface Store {
  /** The store as a part of Plumbline reaches it. */
  serverOf(account: Account): Server
  /** The embedded engine as `/clickhouse` reaches it. */
  guests?: Pick<ApiDeps, 'clickhouseUrl' | 'clickhouseHeaders'>
  addresses: Pick<Addresses, 'clickhouse' | 'clickhouseHeaders'>
}

const headersOf = ({ username, password }: Server) => credentialHeaders(username, password)

async function openStore(config: Config, log: Log, stops: Stops): Promise<Store> {
  const { clickhouse } = config
  if (clickhouse !== 'embedded') return { serverOf: () => clickhouse, addresses: { clickhouse: clickhouse.url } }
  const secret = randomBytes(32).toString('base64url')
  const engine = await startEmbedded({
    dataDir: config.dataDir,
    port: config.ports.clickhouse,
    secret,
    openToTools: config.tokens.length === 0,
    onEvent: (event) =>
      event.type === 'exited'
        ? log.error(event, 'embedded ClickHouse ended; starting it again')
        : log.info(event, 'embedded ClickHouse'),
  })
  stops.add('embedded ClickHouse', engine.stop)
  const serverOf = (account: Account) => embeddedServer(engine.url, { account, secret })
  const tools = serverOf('tools')
  writeAccess(config.dataDir, tools)
  stops.add('access to the embedded ClickHouse', () => removeAccess(config.dataDir))
  return {
    serverOf,
    guests: { clickhouseUrl: engine.url, clickhouseHeaders: headersOf(serverOf('guests')) },
    addresses: { clickhouse: engine.url, clickhouseHeaders: headersOf(tools) },
  }
}

async function migrateStore(server: Server, config: Config, log: Log): Promise<void> {
  const applied = await prepareStore(server)
  if (applied.length > 0) log.info({ applied }, 'schema brought up to date')
  await applyRetention(server, config.retention)
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH'])
const RETRY_MS = 2_000

/** A server that starts later than this role is waited for; any other failure is the caller's. */
async function migrateWhenReachable(server: Server, config: Config, log: Log, stops: Stops): Promise<void> {
  const stopped = new AbortController()
  stops.add('schema', () => stopped.abort())
  for (;;) {
    try {
      return await migrateStore(server, config, log)
    } catch (error) {
      if (stopped.signal.aborted) return
      if (!UNREACHABLE.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      log.warn({ url: server.url }, 'ClickHouse does not answer yet; trying again')
      await sleep(RETRY_MS, undefined, { signal: stopped.signal }).catch(() => undefined)
    }
  }
}

async function warnOfEndpoints(config: Config, log: Log): Promise<void> {
  for (const refused of await refusedEndpoints(config)) log.warn(refused, 'this endpoint will not be told anything')
}

function registry(): Registry {
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  return metrics
}

/** The child reads the same file; what was decided here wins through its environment, and a restart takes the same ports. */
const collectorEnvironment = (server: Server, overrides: Record<string, unknown>, before: Addresses | null) =>
  toEnvironment({
    ...overrides,
    clickhouse: server,
    ...(before && {
      ports: { ...(overrides.ports ?? {}), otlpHttp: portOf(before.otlpHttp), otlpGrpc: portOf(before.otlpGrpc) },
    }),
  })

const portOf = (address: string | undefined) => (address ? new URL(address).port : undefined)

/** The first signal stops cleanly, a second one at once; so does a parent that ends. */
function stopOnSignal(stops: Stops, log: Log): AbortSignal {
  const asked = new AbortController()
  const stop = (signal: string) => {
    if (asked.signal.aborted) process.exit(1)
    log.info({ signal }, 'stopping')
    asked.abort()
    stops.stopAll().then(() => process.exit(0))
  }
  // Ctrl-C reaches the whole process group; a child waits for its parent's word.
  process.on('SIGINT', (signal) => process.send || stop(signal))
  process.on('SIGTERM', stop)
  process.on('disconnect', () => stop('parent ended'))
  return asked.signal
}
