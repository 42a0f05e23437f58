import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { PlannedSlo } from '../slo/openslo/plan.ts'
import { type Definition, documentOf, fileOf, replaceDocument } from '../slo/reconcile.ts'
import type { Db } from '../storage/query.ts'
import { readDefinitions, recordDefinitions } from '../storage/slo-definitions.ts'
import { audited, changeProblems } from './change.ts'
import { documentBody, readDocumentText } from './document-body.ts'
import { askingOf } from './lanes.ts'
import { onInvalid, Problem, problemAnswer } from './problem.ts'
import type { Strangers } from './strangers.ts'

const finding = z.object({ path: z.string(), code: z.string(), message: z.string(), line: z.int() })

export const verdictsSchema = z
  .object({
    documents: z.array(
      z.object({
        file: z.string(),
        index: z.int(),
        kind: z.string().nullable(),
        name: z.string().nullable(),
        valid: z.boolean(),
        errors: z.array(finding),
        warnings: z.array(finding),
        unmeasurable: z.array(finding).optional().meta({
          description:
            'Why Plumbline cannot load a document that is valid all the same: its metrics come from elsewhere',
        }),
      }),
    ),
  })
  .meta({ id: 'SloVerdicts' })

const changeSchema = z
  .object({
    items: z
      .array(z.object({ name: z.string(), change: z.enum(['created', 'replaced', 'removed', 'unchanged']) }))
      .meta({ description: 'Every SLO of the document; one that was in it before may be removed' }),
    warnings: z.array(finding),
  })
  .meta({ id: 'SloChange' })

const params = z.object({ slo: z.string().max(63).meta({ example: 'checkout-availability' }) })
const change = (description: string) => ({ description, content: { 'application/json': { schema: changeSchema } } })
const KEPT = problemAnswer('The SLO is kept in a file, and files win')

const validateRoute = createRoute({
  method: 'post',
  path: '/slos/validate',
  tags: ['slos'],
  summary: 'The verdict on OpenSLO documents, as `plumbline validate --json` prints it',
  request: {
    query: z.object({
      strict: z
        .enum(['true', 'false'])
        .default('false')
        .meta({ description: "Judge exactly as OpenSLO's official validator does" }),
    }),
    body: documentBody,
  },
  responses: {
    200: { description: 'Valid or not', content: { 'application/json': { schema: verdictsSchema } } },
    400: problemAnswer('A parameter is wrong'),
    415: problemAnswer('Neither YAML nor JSON'),
  },
})

const putRoute = createRoute({
  method: 'put',
  path: '/slos/{slo}',
  tags: ['slos'],
  summary: 'Put an OpenSLO document into force, with the objects it refers to',
  request: { params, body: documentBody },
  responses: {
    200: change('In force; the same document again changes nothing'),
    201: change('In force, and new'),
    409: KEPT,
    415: problemAnswer('Neither YAML nor JSON'),
    422: problemAnswer('The document is refused, and nothing has changed'),
    ...changeProblems,
  },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/slos/{slo}',
  tags: ['slos'],
  summary: 'Take an SLO that came through the API out of force; its history stays',
  request: { params },
  responses: { 200: change('Removed'), 404: problemAnswer('No such SLO'), 409: KEPT, ...changeProblems },
})

interface DocumentDeps {
  db: Db
  clock: () => Date
  /** Names of the configuration; absent where it is not known. */
  endpoints?: readonly string[] | undefined
  strangers: Strangers
}

/** Documents through the API: judged, put into force, and taken out of it. */
export function sloDocumentRoutes({ db, clock, endpoints, strangers }: DocumentDeps): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(validateRoute, async (c) => {
      const text = await readDocumentText(c)
      const strict = c.req.valid('query').strict === 'true'
      return c.json({ documents: await strangers.run(askingOf(c), 'judge', text, { strict, endpoints }) }, 200)
    })
    .openapi(putRoute, async (c) => {
      const name = c.req.valid('param').slo
      const text = await readDocumentText(c)
      const judged = await strangers.run(askingOf(c), 'judgeForName', text, name, endpoints)
      if ('refused' in judged) throw new Problem('invalid-document', judged.refused, { errors: judged.errors })
      const { planned, warnings } = judged
      const before = await readOwn(db, name)
      const changes = replaceDocument(before, name, planned)
      const now = clock()
      await recordDefinitions(db, changes, now)
      const items = changesOf(before, planned, changes)
      if (changes.length > 0)
        await audited(c, db, { at: now, action: 'slo.put', target: name, detail: { items, document: text } })
      return c.json({ items, warnings }, items.some((item) => item.change !== 'created') ? 200 : 201)
    })
    .openapi(deleteRoute, async (c) => {
      const name = c.req.valid('param').slo
      const before = await readOwn(db, name)
      if (before.length === 0) throw new Problem('not-found', `There is no SLO named ${name}`)
      const now = clock()
      await recordDefinitions(db, replaceDocument(before, name, []), now)
      const items = before.map((definition) => ({ name: definition.name, change: 'removed' as const }))
      await audited(c, db, { at: now, action: 'slo.delete', target: name, detail: { items } })
      return c.json({ items, warnings: [] }, 200)
    })
}

/** What is known under the name of a document; throws a Problem when a file keeps it. */
async function readOwn(db: Db, name: string): Promise<Definition[]> {
  const own = (await readDefinitions(db)).filter((definition) => documentOf(definition.name) === name)
  const file = own.map(fileOf).find((one) => one !== null)
  if (file === undefined || file === null) return own
  const message = `${name} is kept in ${file}, and files win: change it there`
  throw new Problem('conflict', message, { errors: [{ path: 'metadata.name', code: 'duplicate_name', message }] })
}

function changesOf(
  before: readonly Definition[],
  planned: readonly PlannedSlo[],
  changes: ReturnType<typeof replaceDocument>,
): z.output<typeof changeSchema>['items'] {
  const existed = new Set(before.map(({ name }) => name))
  const changed = new Set(changes.map(({ name }) => name))
  const removed = changes.filter(({ state }) => state === 'removed')
  return [
    ...planned.map(({ name }) => {
      const was = existed.has(name) ? ('replaced' as const) : ('created' as const)
      return { name, change: changed.has(name) ? was : ('unchanged' as const) }
    }),
    ...removed.map(({ name }) => ({ name, change: 'removed' as const })),
  ]
}
