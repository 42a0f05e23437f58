import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { securityHeaders, webPages } from '../../api/web-pages.ts'
import type {
  BudgetReset,
  Dependency,
  Incident,
  IncidentDetail,
  ListedSlo,
  MaintenanceWindow,
  Silence,
  SloDetail,
} from '../../dashboards/web/api-shapes.ts'
import { detailOf, history, TRACE } from './answers.ts'
import { detailOfIncident } from './overlay-answers.ts'
import { methodsOf, periodHistory } from './slo-answers.ts'

export interface World {
  slos: ListedSlo[]
  incidents: Incident[]
  dependencies: Dependency[]
}

/** What a test may change while the page is open. */
export interface Site extends AsyncDisposable {
  url: string
  world: World
  /** Answers for single SLOs that are not just their status. */
  details: Map<string, SloDetail>
  /** What is known of single incidents beyond the usual. */
  incidents: Map<string, Partial<IncidentDetail>>
  silences: Silence[]
  maintenance: MaintenanceWindow[]
  /** Of every SLO, the newest first. */
  resets: BudgetReset[]
  /** Changes that were asked for: method, path, body. */
  changes: { method: string; path: string; body: unknown }[]
  /** What happens when a change is asked for; a response instead of `{}` refuses it. */
  onChange: (path: string, body: Record<string, unknown>) => Response | undefined
  /** Requests without this token get 401. */
  token: string | null
  /** Paths that answer 503, as a pattern. */
  broken: RegExp | null
  /** Lets requests hang without an answer. */
  silent: boolean
  /** Nothing was measured before, in ms since 1970. */
  dataSince: number
  /** Address of every request to the API, in order. */
  asked: string[]
}

/** An error as the API answers it. */
export const problem = (status: number, title: string, detail: string, more: object = {}) =>
  new Response(JSON.stringify({ type: `urn:plumbline:problem:${status}`, title, status, detail, ...more }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  })

/** The built pages under the API's own security headers, with answers from memory in place of a store. */
export async function startSite(webRoot: string, world: World): Promise<Site> {
  const app = new Hono()
  app.use('*', securityHeaders)
  app.use('/api/*', async (c, next) => {
    site.asked.push(c.req.url)
    if (site.silent) await new Promise<never>(() => {})
    if (site.token !== null && c.req.header('authorization') !== `Bearer ${site.token}`)
      return problem(401, 'A token is needed', 'Send "Authorization: Bearer <token>" with a token of scope read')
    if (site.broken?.test(c.req.path)) return problem(503, 'The store cannot be read now', 'ClickHouse does not answer')
    return next()
  })
  const list = <T>(items: T[]) => ({ items, nextCursor: null })
  app.get('/api/v1/slos', (c) => c.json(list(site.world.slos)))
  app.get('/api/v1/incidents', (c) => c.json(list(site.world.incidents)))
  app.get('/api/v1/dependencies', (c) => c.json(list(site.world.dependencies)))
  app.get('/api/v1/slos/:slo', (c) => {
    const found = site.world.slos.find((slo) => slo.name === c.req.param('slo'))
    const nearMisses = site.world.slos.map((slo) => slo.name).slice(0, 2)
    return found
      ? c.json(site.details.get(found.name) ?? detailOf(found))
      : problem(404, 'Not found', 'There is no such SLO', { nearMisses })
  })
  app.get('/api/v1/slos/:slo/history', (c) => {
    const { from = '', to = '', step = '' } = c.req.query()
    const minutes = Number.parseInt(step, 10) * ({ m: 1, h: 60, d: 1440 }[step.at(-1) as 'm'] ?? 1)
    const status = site.world.slos.find((slo) => slo.name === c.req.param('slo'))
    if (!status) return problem(404, 'Not found', 'There is no such SLO')
    if (from === '') return c.json(periodHistory(status, minutes))
    const steps = history(status, Date.parse(from), Date.parse(to), minutes).map((step) =>
      Date.parse(step.at) + minutes * 60_000 > site.dataSince
        ? step
        : { ...step, good: 0, total: 0, sli: null, burn: null },
    )
    return c.json({ ...list(steps), from, to, stepMinutes: minutes })
  })
  app.get('/api/v1/slos/:slo/methods', (c) => {
    const status = site.world.slos.find((slo) => slo.name === c.req.param('slo'))
    return status ? c.json(methodsOf(status)) : problem(404, 'Not found', 'There is no such SLO')
  })
  app.get('/api/v1/slos/:slo/budget-resets', (c) => c.json(list(site.resets)))
  app.get('/api/v1/incidents/:id', (c) => {
    const found = site.world.incidents.find((incident) => incident.id === c.req.param('id'))
    const current = site.world.slos.find((slo) => slo.name === found?.slo) ?? null
    return found
      ? c.json(detailOfIncident(found, current, site.incidents.get(found.id)))
      : problem(404, 'Not found', 'There is no such incident')
  })
  app.get('/api/v1/silences', (c) => c.json(list(site.silences)))
  app.get('/api/v1/maintenance-windows', (c) => c.json(list(site.maintenance)))
  app.on(['POST', 'DELETE'], '/api/v1/*', async (c) => {
    const body = (await c.req.json().catch(() => ({}))) as Record<string, unknown>
    site.changes.push({ method: c.req.method, path: c.req.path, body })
    return site.onChange(c.req.path, body) ?? c.json({})
  })
  app.get('/api/v1/dependencies/:name', (c) => {
    const found = site.world.dependencies.find((dependency) => dependency.name === c.req.param('name'))
    return found
      ? c.json(found)
      : problem(404, 'Not found', 'There is no such dependency', { nearMisses: ['acme-pay'] })
  })
  app.get('/api/v1/traces/:id', (c) =>
    c.req.param('id') === TRACE.id ? c.json(TRACE) : problem(404, 'Not found', 'No span of this trace is stored'),
  )
  app.route('/', webPages(webRoot))
  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>((resolve) => {
    const started = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (info) =>
      resolve({ server: started, port: info.port }),
    )
  })
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      if ('closeAllConnections' in server) server.closeAllConnections()
    })
  const site: Site = {
    url: `http://127.0.0.1:${port}`,
    world,
    details: new Map(),
    incidents: new Map(),
    silences: [],
    maintenance: [],
    resets: [],
    changes: [],
    onChange: () => undefined,
    token: null,
    broken: null,
    silent: false,
    dataSince: 0,
    asked: [],
    [Symbol.asyncDispose]: stop,
  }
  return site
}
