import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { fingerprintOf, firingAlerts, mutedBy } from '../slo/alert/firing-alerts.ts'
import { type Matcher, matchersFault, matcherText, matchesAll, parseMatcher } from '../slo/overlay/matchers.ts'
import { silenceFaults } from '../slo/overlay/overlay-input.ts'
import { listIncidents } from '../storage/incidents.ts'
import { readOverlays } from '../storage/overlays.ts'
import type { Db } from '../storage/query.ts'
import { readSilence, readSilences, recordSilences, type StoredSilence } from '../storage/silences.ts'
import { authorOf } from './access.ts'
import { alert, alertOf, matcherFrom, postableSilence, silence, silenceOf, status } from './alertmanager-shapes.ts'
import { audited, changeProblems, refuse } from './change.ts'
import { onInvalid, Problem, problemSchema } from './problem.ts'
import { createSilence, expireSilence, refuseFiled } from './silence-changes.ts'

const flag = z
  .enum(['true', 'false'])
  .default('true')
  .transform((text) => text === 'true')

const filters = z
  .union([z.string(), z.array(z.string())])
  .default([])
  .transform((given) => [given].flat())
  .meta({ description: 'A matcher, may be repeated: filter=service="checkout"' })

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })
const notFound = { description: 'No such silence', content: { 'application/problem+json': { schema: problemSchema } } }
const params = z.object({ id: z.string().max(100) })
const tags = ['alertmanager']

const statusRoute = createRoute({
  method: 'get',
  path: '/status',
  tags,
  summary: "Alertmanager's status, for amtool and its dashboards",
  responses: { 200: { description: 'Who answers here', content: json(status) } },
})

const alertsRoute = createRoute({
  method: 'get',
  path: '/alerts',
  tags,
  summary: "Alerts that fire, in Alertmanager's shape",
  request: { query: z.object({ filter: filters, active: flag, silenced: flag, inhibited: flag, unprocessed: flag }) },
  responses: { 200: { description: 'The alerts', content: json(z.array(alert)) }, 400: changeProblems[400] },
})

const silencesRoute = createRoute({
  method: 'get',
  path: '/silences',
  tags,
  summary: "Silences, over or not, in Alertmanager's shape",
  request: { query: z.object({ filter: filters }) },
  responses: { 200: { description: 'The silences', content: json(z.array(silence)) }, 400: changeProblems[400] },
})

const newRoute = createRoute({
  method: 'post',
  path: '/silences',
  tags,
  summary: 'Make a silence, or change one; other matchers make a new one and end the old',
  request: { body: { required: true, content: json(postableSilence) } },
  responses: {
    200: { description: 'Its id', content: json(z.object({ silenceID: z.string() })) },
    404: notFound,
    ...changeProblems,
  },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/silence/{id}',
  tags,
  summary: "One silence in Alertmanager's shape",
  request: { params },
  responses: { 200: { description: 'The silence', content: json(silence) }, 404: notFound },
})

const expireRoute = createRoute({
  method: 'delete',
  path: '/silence/{id}',
  tags,
  summary: 'End a silence now',
  request: { params },
  responses: { 200: { description: 'It is over' }, 404: notFound, ...changeProblems },
})

export interface AlertmanagerDeps {
  db: Db
  clock: () => Date
  version: string
  publicUrl: string | undefined
}

/** The part of Alertmanager's API v2 that `amtool` and dashboards ask for, over Plumbline's own alerts and silences. */
export function alertmanagerFace({ db, clock, version, publicUrl }: AlertmanagerDeps): OpenAPIHono {
  const startedAt = clock().toISOString()
  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(statusRoute, (c) =>
      c.json(
        {
          cluster: { status: 'disabled', peers: [] },
          config: { original: '' },
          uptime: startedAt,
          versionInfo: {
            version: `plumbline ${version}`,
            branch: '',
            buildDate: '',
            buildUser: '',
            goVersion: '',
            revision: '',
          },
        },
        200,
      ),
    )
    .openapi(alertsRoute, async (c) => {
      const { filter, active, silenced } = c.req.valid('query')
      const matchers = filtersOf(filter)
      const now = clock()
      const [incidents, overlays] = await Promise.all([
        listIncidents(db, { state: 'open', limit: 1_000 }),
        readOverlays(db, now),
      ])
      const firing = firingAlerts(incidents).filter(({ labels }) => matchesAll(matchers, labels))
      const alerts = [...new Map(firing.map((each) => [fingerprintOf(each), each])).values()].map((each) =>
        alertOf(each, mutedBy(each, overlays, now), now, publicUrl ?? ''),
      )
      return c.json(
        alerts.filter(({ status: { state } }) => (state === 'active' ? active : silenced)),
        200,
      )
    })
    .openapi(silencesRoute, async (c) => {
      const matchers = filtersOf(c.req.valid('query').filter)
      const now = clock()
      const labelsOf = ({ matchers: kept }: StoredSilence) =>
        Object.fromEntries(kept.map(({ name, value }) => [name, value]))
      const silences = (await readSilences(db)).filter((each) => matchesAll(matchers, labelsOf(each)))
      return c.json(
        silences.map((each) => silenceOf(each, now)),
        200,
      )
    })
    .openapi(newRoute, async (c) => {
      const { id, ...given } = c.req.valid('json')
      const now = clock()
      const wanted = {
        matchers: given.matchers.map(matcherFrom),
        startsAt: new Date(given.startsAt),
        endsAt: new Date(given.endsAt),
        comment: given.comment,
        createdBy: authorOf(c, given.createdBy),
      }
      const faults = silenceFaults({ ...wanted, id: '', createdAt: now }, now)
      if (faults.length > 0) return refuse(faults)
      const before = id ? await existing(db, id) : null
      if (before) refuseFiled('silence', before)
      const isSame = before !== null && before.endsAt > now && textOf(before.matchers) === textOf(wanted.matchers)
      if (isSame) {
        const changed = { ...before, ...wanted, createdBy: before.createdBy, revision: before.revision + 1 }
        await recordSilences(db, [changed], now)
        await audited(c, db, { at: now, action: 'silence.change', target: before.id, detail: wanted })
        return c.json({ silenceID: before.id }, 200)
      }
      if (before) await expireSilence(c, db, now, before.id)
      const made = await createSilence(c, db, now, (fresh) => ({ ...wanted, id: fresh, createdAt: now }))
      return c.json({ silenceID: made.id }, 200)
    })
    .openapi(oneRoute, async (c) => c.json(silenceOf(await existing(db, c.req.valid('param').id), clock()), 200))
    .openapi(expireRoute, async (c) => {
      await expireSilence(c, db, clock(), c.req.valid('param').id)
      return c.body(null, 200)
    })
}

async function existing(db: Db, id: string): Promise<StoredSilence> {
  const found = await readSilence(db, id)
  if (found === null) throw new Problem('not-found', `There is no silence ${id}`)
  return found
}

function filtersOf(texts: readonly string[]): Matcher[] {
  return texts.map((text) => {
    const parsed = parseMatcher(text)
    const fault = parsed && matchersFault([parsed], { mayMatchAll: true })
    if (parsed === null || fault !== null)
      return refuse([`filter ${text} is no matcher such as service="checkout"${fault === null ? '' : `: ${fault}`}`])
    return parsed
  })
}

const textOf = (matchers: readonly Matcher[]) => matchers.map(matcherText).join()
