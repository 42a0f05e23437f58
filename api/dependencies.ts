import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { noteOf } from '../integration/name-notes.ts'
import { OUTCOMES, OWNERS } from '../integration/outcome.ts'
import { nearMisses } from '../slo/near-misses.ts'
import { readCalledBy, readCallersOf } from '../storage/dependencies.ts'
import type { Db } from '../storage/query.ts'
import {
  byTrouble,
  type DependencyBoard,
  type DependencyEntry,
  RECENT_MINUTES,
  seenEntry,
  troubleOf,
} from './dependency-board.ts'
import { compareRanked, cutPage, decodeCursor, pageOf, pageQuery, rankedCursor } from './page.ts'
import { onInvalid, Problem, problemAnswer } from './problem.ts'

/** What nobody called for longer is forgotten. */
const SEEN_DAYS = 30
const DAY_MS = 86_400_000

const HEALTHS = ['healthy', 'degraded', 'failing', 'unknown', 'maintenance'] as const

const attempts = {
  total: z.number().meta({ description: 'Calls that ended by themselves, weighted by sampling' }),
  failed: z.number().meta({ description: 'Those of them that did not end with ok' }),
}

export const dependencySchema = z
  .object({
    name: z.string(),
    note: z.string().nullable().meta({
      description:
        'What names such as _overflow and _addresses stand for, and what to do about them; null for all others',
    }),
    kind: z.string().meta({ description: 'The protocol most calls use' }),
    owner: z.enum(OWNERS).meta({ description: 'Who can mend most of what goes wrong; none when nothing does' }),
    health: z.enum(HEALTHS),
    score: z
      .number()
      .nullable()
      .meta({ description: '1 within the error budget, 0 from the burn rate on that pages; null while unknown' }),
    modes: z.array(
      z.object({
        id: z.string(),
        mode: z.string(),
        since: z.iso.datetime().nullable().meta({ description: 'Within the last day; null where it cannot be told' }),
        share: z.number(),
        evidence: z.object({ n: z.number(), bad: z.number(), baselineShare: z.number().nullable() }),
        likelyCause: z.string(),
        advice: z.string(),
      }),
    ),
    calls: z.object(attempts),
    callers: z.array(
      z.object({
        service: z.string(),
        ...attempts,
        retries: z.number(),
        lastCallAt: z.iso.datetime().meta({ description: 'The last minute with a call' }),
      }),
    ),
    operations: z.array(z.object({ operation: z.string(), ...attempts })),
    outcomes: z.array(z.object({ outcome: z.enum(OUTCOMES), owner: z.enum(OWNERS), calls: z.number() })),
    window: z
      .object({ from: z.iso.datetime(), to: z.iso.datetime() })
      .meta({ description: `What all counts are of: the last ${RECENT_MINUTES} minutes of complete data` }),
    baseline: z
      .object({ from: z.iso.datetime(), to: z.iso.datetime() })
      .meta({ description: 'What modes are compared with' }),
    freshness: z.object({
      watermark: z.iso.datetime().nullable(),
      lastEventAt: z.iso.datetime().nullable(),
      coverage: z.number().nullable().meta({ description: 'Share of the window that is known; null before telemetry' }),
    }),
  })
  .meta({ id: 'Dependency' })

const listRoute = createRoute({
  method: 'get',
  path: '/dependencies',
  tags: ['dependencies'],
  summary: 'Health of all dependencies called within a day, failing ones first',
  request: {
    query: pageQuery.extend({
      health: z.enum(HEALTHS).optional(),
      service: z
        .string()
        .optional()
        .meta({ description: `Only what this service called within ${SEEN_DAYS} days; what is silent is unknown` }),
    }),
  },
  responses: {
    200: {
      description: 'A page of dependencies',
      content: { 'application/json': { schema: pageOf(dependencySchema) } },
    },
    400: problemAnswer('A parameter is wrong'),
  },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/dependencies/{dependency}',
  tags: ['dependencies'],
  summary: 'One dependency',
  request: { params: z.object({ dependency: z.string().max(500).meta({ example: 'api.stripe.com' }) }) },
  responses: {
    200: { description: 'The dependency', content: { 'application/json': { schema: dependencySchema } } },
    404: problemAnswer('No such dependency'),
  },
})

interface Deps {
  db: Db
  clock: () => Date
  board: () => Promise<DependencyBoard>
}

export function dependencyRoutes({ db, clock, board }: Deps) {
  /** How far back it is known who called what. */
  const seenRange = () => {
    const to = clock()
    return { from: new Date(to.getTime() - SEEN_DAYS * DAY_MS), to }
  }

  const calledBy = async (service: string, found: DependencyBoard) => {
    const called = await readCalledBy(db, { ...seenRange(), service })
    return called.map((one) => seenEntry(found, one)).sort(byTrouble)
  }

  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(listRoute, async (c) => {
      const { health, service, limit, cursor } = c.req.valid('query')
      const found = await board()
      const listed = service === undefined ? found.dependencies : await calledBy(service, found)
      const wanted = listed.filter((one) => health === undefined || one.health === health)
      const after = cursor === undefined ? null : decodeCursor(cursor, rankedCursor)
      const page = cutPage(wanted, { limit, after, keyOf: troubleOf, compare: compareRanked })
      return c.json({ ...page, items: page.items.map((entry) => dependencyOf(entry, found)) }, 200)
    })
    .openapi(oneRoute, async (c) => {
      const { dependency } = c.req.valid('param')
      const found = await board()
      const entry = found.dependencies.find(({ name }) => name === dependency)
      if (entry) return c.json(dependencyOf(entry, found), 200)
      const [last] = await readCallersOf(db, { ...seenRange(), dependency })
      if (last) return c.json(dependencyOf(seenEntry(found, last), found), 200)
      const known = found.dependencies.map(({ name }) => name)
      throw new Problem('not-found', `No dependency named ${dependency} was called within ${SEEN_DAYS} days`, {
        nearMisses: nearMisses(dependency, known),
      })
    })
}

function dependencyOf(
  { lastEventAt, modes, callers, ...entry }: DependencyEntry,
  { window, baseline, watermark, coverage }: DependencyBoard,
): z.output<typeof dependencySchema> {
  return {
    ...entry,
    note: noteOf(
      entry.name,
      entry.operations.map(({ operation }) => operation),
    ),
    modes: modes.map((mode) => ({ ...mode, since: mode.since?.toISOString() ?? null })),
    callers: callers.map(({ lastCallAt, ...caller }) => ({ ...caller, lastCallAt: lastCallAt.toISOString() })),
    window: textOf(window),
    baseline: textOf(baseline),
    freshness: {
      watermark: watermark?.toISOString() ?? null,
      lastEventAt: lastEventAt?.toISOString() ?? null,
      coverage,
    },
  }
}

const textOf = ({ from, to }: { from: Date; to: Date }) => ({ from: from.toISOString(), to: to.toISOString() })
