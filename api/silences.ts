import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { MATCHER_OPERATORS, matcherText } from '../slo/overlay/matchers.ts'
import { silenceInput, silenceOf } from '../slo/overlay/overlay-input.ts'
import { SILENCE_STATES, silenceState } from '../slo/overlay/silence.ts'
import type { Db } from '../storage/query.ts'
import { readSilence, readSilences, type StoredSilence } from '../storage/silences.ts'
import { authorOf } from './access.ts'
import { changeProblems } from './change.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { onInvalid, Problem, problemSchema } from './problem.ts'
import { createSilence, expireSilence } from './silence-changes.ts'

const matcherSchema = z.object({ name: z.string(), op: z.enum(MATCHER_OPERATORS), value: z.string() })

export const silenceSchema = z
  .object({
    id: z.string(),
    state: z.enum(SILENCE_STATES),
    matchers: z.array(matcherSchema),
    text: z.string().meta({ description: 'The matchers as people write them' }),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    comment: z.string(),
    source: z.string().meta({ description: '`api`, or the file it is kept in' }),
  })
  .meta({ id: 'Silence' })

/** A silence as every route answers it. */
export const silenceAnswer = (silence: StoredSilence, now: Date): z.output<typeof silenceSchema> => ({
  id: silence.id,
  state: silenceState(silence, now),
  matchers: [...silence.matchers],
  text: silence.matchers.map(matcherText).join(', '),
  startsAt: silence.startsAt.toISOString(),
  endsAt: silence.endsAt.toISOString(),
  createdBy: silence.createdBy,
  createdAt: silence.createdAt.toISOString(),
  comment: silence.comment,
  source: silence.source,
})

const states = z
  .string()
  .default('pending,active')
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(SILENCE_STATES)))
  .meta({ description: `One or more of ${SILENCE_STATES.join(', ')}, separated by commas`, type: 'string' })

const one = { description: 'The silence', content: { 'application/json': { schema: silenceSchema } } }
const notFound = { description: 'No such silence', content: { 'application/problem+json': { schema: problemSchema } } }
const params = z.object({ id: z.string().max(100) })

const listRoute = createRoute({
  method: 'get',
  path: '/silences',
  tags: ['silences'],
  summary: 'Silences, the one that ends last first; those that are over only when asked for',
  request: { query: pageQuery.extend({ state: states }) },
  responses: {
    200: { description: 'A page of silences', content: { 'application/json': { schema: pageOf(silenceSchema) } } },
    400: changeProblems[400],
  },
})

const readRoute = createRoute({
  method: 'get',
  path: '/silences/{id}',
  tags: ['silences'],
  summary: 'One silence, over or not',
  request: { params },
  responses: { 200: one, 404: notFound },
})

const newRoute = createRoute({
  method: 'post',
  path: '/silences',
  tags: ['silences'],
  summary: 'Keep alerts that match from being told, for 30 days at most',
  request: { body: { required: true, content: { 'application/json': { schema: silenceInput } } } },
  responses: { 201: one, ...changeProblems },
})

const expireRoute = createRoute({
  method: 'delete',
  path: '/silences/{id}',
  tags: ['silences'],
  summary: 'End a silence now; what still fires is told',
  request: { params },
  responses: { 200: one, 404: notFound, ...changeProblems },
})

const cursorSchema = z.tuple([z.number(), z.string()])

export function silenceRoutes({ db, clock }: { db: Db; clock: () => Date }): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(listRoute, async (c) => {
      const { state, limit, cursor } = c.req.valid('query')
      const now = clock()
      const silences = await readSilences(db, state.includes('expired') ? undefined : now)
      const wanted = silences.filter((silence) => state.includes(silenceState(silence, now)))
      const page = cutPage(wanted, {
        limit,
        after: cursor === undefined ? null : decodeCursor(cursor, cursorSchema),
        keyOf: ({ endsAt, id }): [number, string] => [endsAt.getTime(), id],
        compare: ([a, aId], [b, bId]) => b - a || (aId < bId ? -1 : Number(aId > bId)),
      })
      return c.json({ ...page, items: page.items.map((silence) => silenceAnswer(silence, now)) }, 200)
    })
    .openapi(readRoute, async (c) => {
      const { id } = c.req.valid('param')
      const silence = await readSilence(db, id)
      if (silence === null) throw new Problem('not-found', `There is no silence ${id}`)
      return c.json(silenceAnswer(silence, clock()), 200)
    })
    .openapi(newRoute, async (c) => {
      const input = c.req.valid('json')
      const now = clock()
      const author = authorOf(c, input.createdBy)
      const silence = await createSilence(c, db, now, (id) => silenceOf(input, { id, author, now }))
      return c.json(silenceAnswer(silence, now), 201)
    })
    .openapi(expireRoute, async (c) => {
      const now = clock()
      return c.json(silenceAnswer(await expireSilence(c, db, now, c.req.valid('param').id), now), 200)
    })
}
