import { OpenAPIHono } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import type { Registry } from 'prom-client'
import type { Config } from '../runtime/config-schema.ts'
import type { Log } from '../runtime/log.ts'
import { createRefusedAccess } from '../runtime/refused-access.ts'
import type { Db } from '../storage/query.ts'
import { auditRefusal } from '../storage/refused-tokens.ts'
import { refuseForeignPages, requireOwnHost, requireToken, requireTokenForMethod } from './access.ts'
import { alertmanagerFace } from './alertmanager-face.ts'
import { auditRoutes } from './audit-log.ts'
import { budgetResetRoutes } from './budget-resets.ts'
import { cached } from './cached.ts'
import { clickhouseAtRoot, clickhouseInterface, clickhouseReader } from './clickhouse-interface.ts'
import { dependencyRoutes } from './dependencies.ts'
import { readDependencyBoard } from './dependency-board.ts'
import { requestFamilies } from './dependency-metrics.ts'
import { deploymentRoutes } from './deployments.ts'
import { endpointRoutes } from './endpoints.ts'
import { healthRoutes } from './health.ts'
import { incidentActionRoutes } from './incident-actions.ts'
import { incidentRoutes } from './incidents.ts'
import { lane } from './lanes.ts'
import { maintenanceRoutes } from './maintenance-windows.ts'
import { metricsRoute } from './metrics.ts'
import { notificationRoutes } from './notifications.ts'
import { describeApi } from './openapi.ts'
import { answerProblem, onError, Problem } from './problem.ts'
import { silenceRoutes } from './silences.ts'
import { readBoard } from './slo-board.ts'
import { sloDocumentRoutes } from './slo-documents.ts'
import { previewRoutes } from './slo-preview.ts'
import { sloRoutes } from './slos.ts'
import { createStrangers } from './strangers.ts'
import { traceRoutes } from './traces.ts'
import { securityHeaders, webPages } from './web-pages.ts'

export interface AppDeps {
  config: Pick<Config, 'bind' | 'publicUrl' | 'tokens'> & Partial<Pick<Config, 'endpoints' | 'alerting' | 'hostNames'>>
  db: Db
  log: Log
  metrics: Registry
  clock: () => Date
  version: string
  /** Folder of the built UI. */
  webRoot: string
  /** Of the embedded engine, for `/clickhouse`; null with a ClickHouse server, which its readers reach themselves. */
  clickhouseUrl: string | null
  /** User and password that the embedded engine asks of guests. */
  clickhouseHeaders?: Record<string, string>
  /** How old an answer about SLOs may be, in ms. */
  maxAgeMs: number
  /** How long an acknowledgement holds unless it says otherwise. */
  ackTtlMs: number
}

/** What wants a token where tokens are configured. */
const GUARDED = ['/api/*', '/clickhouse/*', '/metrics']
/** What supervisors and load balancers ask; it says nothing that is stored. */
const OPEN = ['/healthz', '/readyz']

/** Requests of everyone, and of one caller, that run at once and that wait. */
const API_LANE = { size: 32, queue: 256, callerSize: 8, callerQueue: 128 }
/** Documents are read whole by their routes, which have a limit of their own. */
const MAX_BODY_BYTES = 4 * 2 ** 20
/** What judging one request's documents, and replaying the history of one SLO, may take. */
const JUDGING_MS = 10_000
const REPLAYING_MS = 60_000

/** The whole HTTP surface as a function of a request: testable by `app.request()`, served by `startApi`. */
export function createApp(deps: AppDeps): OpenAPIHono {
  const { config, db, log, clock, version } = deps
  const board = cached((now) => readBoard(db, now), { maxAgeMs: deps.maxAgeMs, clock })
  const dependencies = cached((now) => readDependencyBoard(db, now), { maxAgeMs: deps.maxAgeMs, clock })
  const requests = cached(requestFamilies(db, clock()), { maxAgeMs: deps.maxAgeMs, clock })

  const app = new OpenAPIHono()
  app.onError(onError(log))
  app.use('*', securityHeaders)
  app.use('*', requireOwnHost(config))
  for (const path of ['/api/*', '/metrics']) app.use(path, compress())
  const refused = createRefusedAccess({
    registry: deps.metrics,
    log,
    audit: auditRefusal(db, clock),
    now: () => clock().getTime(),
  })
  const foreignPages = refuseForeignPages(config)
  for (const path of GUARDED) {
    const token = path.startsWith('/clickhouse')
      ? requireToken(config.tokens, 'read', { refused, basic: true })
      : requireTokenForMethod(config.tokens, refused)
    app.use(path, foreignPages, token, neverStored)
  }
  for (const path of OPEN) app.use(path, foreignPages, neverStored)
  app.use('/api/*', lane(API_LANE), bodyLimit({ maxSize: MAX_BODY_BYTES, onError: bodyTooLarge }))

  app.route('/', healthRoutes({ ...deps, board, isGuarded: config.tokens.length > 0 }))
  app.route('/', metricsRoute({ ...deps, board, dependencies, requests }))
  app.route('/api/v1', sloRoutes({ db, clock, board }))
  app.route('/api/v1', budgetResetRoutes({ db, clock }))
  const replays = createStrangers({ limitMs: REPLAYING_MS })
  app.route('/api/v1', previewRoutes({ db, clock, alerting: config.alerting, strangers: replays }))
  const endpoints = config.endpoints?.map(({ name }) => name)
  const judges = createStrangers({ limitMs: JUDGING_MS })
  app.route('/api/v1', sloDocumentRoutes({ db, clock, endpoints, strangers: judges }))
  app.route('/api/v1', incidentRoutes({ db, clock, board }))
  app.route('/api/v1', incidentActionRoutes({ db, clock, ackTtlMs: deps.ackTtlMs }))
  app.route('/api/v1', silenceRoutes({ db, clock }))
  app.route('/api/v1', maintenanceRoutes({ db, clock }))
  app.route('/api/v1', deploymentRoutes({ db, clock }))
  app.route('/api/v1', auditRoutes({ db, clock }))
  app.route('/api/v2', alertmanagerFace({ db, clock, version, publicUrl: config.publicUrl }))
  app.route('/api/v1', notificationRoutes({ db, clock }))
  app.route('/api/v1', endpointRoutes({ db, clock, endpoints: config.endpoints ?? [] }))
  app.route('/api/v1', dependencyRoutes({ db, clock, board: dependencies }))
  app.route('/api/v1', traceRoutes({ db }))
  app.get('/api/v1/openapi.json', (c) => c.json(describeApi(app, version)))
  if (deps.clickhouseUrl) {
    const store = { db, url: deps.clickhouseUrl, headers: deps.clickhouseHeaders }
    const read = clickhouseReader(store)
    app.route('/clickhouse', clickhouseInterface(store, read))
    const token = requireToken(config.tokens, 'read', { refused, basic: true })
    app.route('/', clickhouseAtRoot(read, [foreignPages, token, neverStored]))
  }
  for (const path of [...GUARDED, ...OPEN]) app.all(path, (c) => answerProblem(c, noRoute(app, c.req)))
  app.route('/', webPages(deps.webRoot))
  app.notFound((c) => answerProblem(c, noRoute(app, c.req)))
  return app
}

const bodyTooLarge = (): never => {
  throw new Problem('body-too-large', `A body may have at most ${MAX_BODY_BYTES} bytes`)
}

const neverStored: Parameters<OpenAPIHono['use']>[1] = async (c, next) => {
  await next()
  c.header('cache-control', 'no-store')
}

/** Why no route answers: the path is not known, or not with this method. */
function noRoute({ routes }: OpenAPIHono, { method, path }: { method: string; path: string }): Problem {
  const isHere = (route: string) =>
    !route.includes('*') && new RegExp(`^${route.replace(/:[^/]+/g, '[^/]+')}$`).test(path)
  const methods = new Set(
    routes.filter((route) => route.method !== 'ALL' && isHere(route.path)).map((one) => one.method),
  )
  if (methods.size === 0)
    return new Problem('not-found', `${method} ${path} does not exist; /api/v1/openapi.json lists what does`)
  return new Problem('method-not-allowed', `Send ${[...methods].join(' or ')}`, {
    headers: { allow: [...methods].join(', ') },
  })
}
