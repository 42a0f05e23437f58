import { randomUUID } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { calendarPeriod } from '../slo/budget/calendar.ts'
import { messageOf } from '../slo/invalid.ts'
import type { Slo } from '../slo/model.ts'
import { nearMisses } from '../slo/near-misses.ts'
import { readBudgetResets, recordBudgetReset } from '../storage/budget-resets.ts'
import type { Db } from '../storage/query.ts'
import { readDefinitions } from '../storage/slo-definitions.ts'
import { authorOf } from './access.ts'
import { audited, changeProblems, refuse } from './change.ts'
import { onInvalid, Problem, problemAnswer } from './problem.ts'

export const resetSchema = z
  .object({ slo: z.string(), at: z.iso.datetime(), reason: z.string(), by: z.string() })
  .meta({ id: 'BudgetReset' })

const inputSchema = z
  .strictObject({
    reason: z.string().trim().min(1).max(1_000).meta({ description: 'Why the budget begins anew; shown with the SLO' }),
    at: z.iso.datetime({ offset: true }).optional().meta({ description: 'Default now; not in the future' }),
    by: z.string().trim().min(1).max(200).optional().meta({ description: 'Who; the name of the token wins' }),
  })
  .meta({ id: 'NewBudgetReset' })

const params = z.object({ slo: z.string().max(300) })
const notFound = problemAnswer('No such SLO')

const newRoute = createRoute({
  method: 'post',
  path: '/slos/{slo}/budget-resets',
  tags: ['slos'],
  summary: 'Let the budget of an SLO begin anew: what was before no longer counts, and is told beside',
  request: { params, body: { required: true, content: { 'application/json': { schema: inputSchema } } } },
  responses: {
    201: { description: 'The reset', content: { 'application/json': { schema: resetSchema } } },
    404: notFound,
    ...changeProblems,
  },
})

const listRoute = createRoute({
  method: 'get',
  path: '/slos/{slo}/budget-resets',
  tags: ['slos'],
  summary: 'Every reset of the budget of an SLO, the newest first: who, when and why',
  request: { params },
  responses: {
    200: {
      description: 'The resets',
      content: { 'application/json': { schema: z.object({ items: z.array(resetSchema), nextCursor: z.null() }) } },
    },
    404: notFound,
  },
})

export function budgetResetRoutes({ db, clock }: { db: Db; clock: () => Date }): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(newRoute, async (c) => {
      const { slo } = c.req.valid('param')
      const { reason, at: stated, by: said } = c.req.valid('json')
      const now = clock()
      const at = stated === undefined ? now : new Date(stated)
      if (at > now) refuse(['at: a budget cannot begin anew in the future'])
      const definition = await inForce(db, slo)
      if (at <= startOf(definition, now))
        refuse([
          `at: the ${definition.objective.window.duration} that count began later; a reset before them changes nothing`,
        ])
      const reset = { slo, at, reason, by: authorOf(c, said) }
      await recordBudgetReset(db, { ...reset, id: randomUUID() }, now)
      await audited(c, db, { at: now, action: 'budget.reset', target: slo, detail: reset, ...(said && { said }) })
      return c.json(answerOf(reset), 201)
    })
    .openapi(listRoute, async (c) => {
      const { slo } = c.req.valid('param')
      await inForce(db, slo)
      const items = (await readBudgetResets(db)).filter((reset) => reset.slo === slo)
      return c.json({ items: items.reverse().map(answerOf), nextCursor: null }, 200)
    })
}

async function inForce(db: Db, name: string): Promise<Slo> {
  const definitions = await readDefinitions(db)
  const slo = definitions.find((one) => one.name === name)?.slo
  if (slo) return slo
  const alike = nearMisses(
    name,
    definitions.map((one) => one.name),
  )
  throw new Problem('not-found', `There is no SLO named ${name}`, { nearMisses: alike })
}

/** Where the SLO window begins. */
function startOf({ name, objective: { window } }: Slo, now: Date): Date {
  if (window.kind === 'rolling') return new Date(now.getTime() - window.minutes * 60_000)
  try {
    return calendarPeriod(window, now).from
  } catch (error) {
    throw new Problem('conflict', `${name} is invalid: its window cannot be computed: ${messageOf(error)}`)
  }
}

const answerOf = ({ slo, at, reason, by }: { slo: string; at: Date; reason: string; by: string }) => ({
  slo,
  at: at.toISOString(),
  reason,
  by,
})
