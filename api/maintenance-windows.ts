import { randomUUID } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { nextOccurrences } from '../slo/overlay/maintenance.ts'
import { maintenanceInput, maintenanceOf } from '../slo/overlay/overlay-input.ts'
import { recurrenceWarnings } from '../slo/overlay/recurrence.ts'
import {
  readMaintenance,
  readMaintenanceWindow,
  recordMaintenance,
  type StoredMaintenance,
} from '../storage/maintenance-windows.ts'
import type { Db } from '../storage/query.ts'
import { authorOf } from './access.ts'
import { audited, changeProblems, refuse } from './change.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { onInvalid, Problem, problemSchema } from './problem.ts'
import { refuseFiled } from './silence-changes.ts'

const NEXT_COUNT = 5

const STATES = ['active', 'planned', 'over'] as const

const instants = z.object({ from: z.iso.datetime(), to: z.iso.datetime() })
const names = z.array(z.string())

export const maintenanceSchema = z
  .object({
    id: z.string(),
    state: z.enum(STATES),
    scope: z.object({ services: names, slos: names, dependencies: names, environments: names }),
    schedule: z.union([
      instants,
      z.object({ rrule: z.string(), durationMinutes: z.number() }),
      z.object({ cron: z.string(), timeZone: z.string(), durationMinutes: z.number() }),
    ]),
    next: z
      .array(instants)
      .meta({ description: `What goes on now and the next, ${NEXT_COUNT} at most, within a year` }),
    suppress: z.boolean(),
    excludeFromBudget: z.boolean(),
    reason: z.string(),
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    reviewAt: z.iso.datetime().nullable(),
    source: z.string().meta({ description: '`api`, or the file it is kept in' }),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'MaintenanceWindow' })

/** A window as every route answers it, with what comes next. */
export function maintenanceAnswer(window: StoredMaintenance, now: Date): z.output<typeof maintenanceSchema> {
  const { schedule } = window
  const next = nextOccurrences(window, now, NEXT_COUNT).map(texts)
  const [first] = next
  return {
    id: window.id,
    state: first === undefined ? 'over' : first.from <= now.toISOString() ? 'active' : 'planned',
    scope: {
      services: [...window.scope.services],
      slos: [...window.scope.slos],
      dependencies: [...window.scope.dependencies],
      environments: [...window.scope.environments],
    },
    schedule: 'from' in schedule ? texts(schedule) : schedule,
    next,
    suppress: window.suppress,
    excludeFromBudget: window.excludeFromBudget,
    reason: window.reason,
    createdBy: window.createdBy,
    createdAt: window.createdAt.toISOString(),
    endedAt: window.endedAt?.toISOString() ?? null,
    reviewAt: window.reviewAt?.toISOString() ?? null,
    source: window.source,
    warnings: 'from' in schedule ? [] : recurrenceWarnings(schedule),
  }
}

const texts = ({ from, to }: { from: Date; to: Date }) => ({ from: from.toISOString(), to: to.toISOString() })

const one = { description: 'The window', content: { 'application/json': { schema: maintenanceSchema } } }
const notFound = { description: 'No such window', content: { 'application/problem+json': { schema: problemSchema } } }
const params = z.object({ id: z.string().max(100) })

const listRoute = createRoute({
  method: 'get',
  path: '/maintenance-windows',
  tags: ['silences'],
  summary: 'Maintenance windows with their next occurrences, the newest first; those that are over only when asked for',
  request: { query: pageQuery.extend({ over: z.enum(['true', 'false']).default('false') }) },
  responses: {
    200: { description: 'A page of windows', content: { 'application/json': { schema: pageOf(maintenanceSchema) } } },
    400: changeProblems[400],
  },
})

const readRoute = createRoute({
  method: 'get',
  path: '/maintenance-windows/{id}',
  tags: ['silences'],
  summary: 'One maintenance window',
  request: { params },
  responses: { 200: one, 404: notFound },
})

const newRoute = createRoute({
  method: 'post',
  path: '/maintenance-windows',
  tags: ['silences'],
  summary: 'Plan work: its alerts are not told, and by explicit choice its time counts for no budget',
  request: { body: { required: true, content: { 'application/json': { schema: maintenanceInput } } } },
  responses: { 201: one, ...changeProblems },
})

const endRoute = createRoute({
  method: 'delete',
  path: '/maintenance-windows/{id}',
  tags: ['silences'],
  summary: 'End a window now; what took place stays out of the budget unless it is taken back',
  request: {
    params,
    query: z.object({
      revoke: z
        .enum(['true', 'false'])
        .default('false')
        .meta({ description: 'true: as if it had never been, also for budgets' }),
    }),
  },
  responses: { 200: one, 404: notFound, ...changeProblems },
})

const cursorSchema = z.tuple([z.number(), z.string()])

export function maintenanceRoutes({ db, clock }: { db: Db; clock: () => Date }): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(listRoute, async (c) => {
      const { over, limit, cursor } = c.req.valid('query')
      const now = clock()
      const answers = (await readMaintenance(db)).map((window) => maintenanceAnswer(window, now))
      const page = cutPage(
        answers.filter(({ state }) => over === 'true' || state !== 'over'),
        {
          limit,
          after: cursor === undefined ? null : decodeCursor(cursor, cursorSchema),
          keyOf: ({ createdAt, id }): [number, string] => [Date.parse(createdAt), id],
          compare: ([a, aId], [b, bId]) => b - a || (aId < bId ? -1 : Number(aId > bId)),
        },
      )
      return c.json(page, 200)
    })
    .openapi(readRoute, async (c) =>
      c.json(maintenanceAnswer(await existing(db, c.req.valid('param').id), clock()), 200),
    )
    .openapi(newRoute, async (c) => {
      const input = c.req.valid('json')
      const now = clock()
      const author = authorOf(c, input.createdBy)
      const made = maintenanceOf(input, { id: randomUUID(), author, now })
      if (Array.isArray(made)) return refuse(made)
      const window = { ...made, revision: 0, revoked: false, source: 'api' }
      await recordMaintenance(db, [window], now)
      await audited(c, db, { at: now, action: 'maintenance.create', target: window.id, detail: window, said: author })
      return c.json(maintenanceAnswer(window, now), 201)
    })
    .openapi(endRoute, async (c) => {
      const now = clock()
      const revoked = c.req.valid('query').revoke === 'true'
      const window = await existing(db, c.req.valid('param').id)
      refuseFiled('maintenance window', window)
      const endedAt = window.endedAt ?? now
      const ended = { ...window, endedAt, revoked, revision: window.revision + 1 }
      await recordMaintenance(db, [ended], now)
      const action = revoked ? 'maintenance.revoke' : 'maintenance.end'
      await audited(c, db, { at: now, action, target: window.id, detail: { endedAt } })
      return c.json(maintenanceAnswer(ended, now), 200)
    })
}

async function existing(db: Db, id: string): Promise<StoredMaintenance> {
  const window = await readMaintenanceWindow(db, id)
  if (window === null) throw new Problem('not-found', `There is no maintenance window ${id}`)
  return window
}
