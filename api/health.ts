import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { RepeatedTask } from '../runtime/repeated-task.ts'
import { readLastEvaluation } from '../storage/latest-readings.ts'
import type { Db } from '../storage/query.ts'
import { readMissingMigrations } from '../storage/schema-health.ts'
import { isStoreAway } from './problem.ts'
import type { SloBoard, SloEntry } from './slo-board.ts'

const readinessSchema = z
  .object({
    ready: z.boolean(),
    missing: z.array(z.string()).meta({ description: 'What is missing, in words; empty when ready' }),
    invalidSloCount: z.number().meta({ description: 'How many SLOs cannot be judged; these alone do not make it 503' }),
    invalidSlos: z
      .array(z.object({ slo: z.string(), reason: z.string() }))
      .optional()
      .meta({
        description:
          'SLOs that cannot be judged, and why; absent without any, and where tokens are configured, since this route needs none: see GET /api/v1/slos',
      }),
  })
  .meta({ id: 'Readiness' })
type Readiness = z.output<typeof readinessSchema>

const healthzRoute = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['operations'],
  summary: 'Whether the process is alive',
  security: [],
  responses: { 200: { description: 'Alive', content: { 'text/plain': { schema: z.string() } } } },
})

const readyzRoute = createRoute({
  method: 'get',
  path: '/readyz',
  tags: ['operations'],
  security: [],
  summary: 'Whether the store answers, its schema is complete and SLOs are evaluated',
  responses: {
    200: { description: 'Ready', content: { 'application/json': { schema: readinessSchema } } },
    503: { description: 'Not ready', content: { 'application/json': { schema: readinessSchema } } },
  },
})

interface HealthDeps {
  /** Tokens are configured: what only their holders may know is left out. */
  isGuarded: boolean
  db: Db
  clock: () => Date
  board: () => Promise<SloBoard>
  /** The evaluations of this process; absent where another process evaluates. */
  evaluations?: RepeatedTask
}

export function healthRoutes(deps: HealthDeps): OpenAPIHono {
  return new OpenAPIHono()
    .openapi(healthzRoute, (c) => c.text('ok\n', 200))
    .openapi(readyzRoute, async (c) => {
      const readiness = await readinessOf(deps)
      return readiness.missing.length === 0
        ? c.json({ ready: true, ...readiness }, 200)
        : c.json({ ready: false, ...readiness }, 503, { 'retry-after': '5' })
    })
}

async function readinessOf({
  isGuarded,
  db,
  clock,
  board,
  evaluations,
}: HealthDeps): Promise<Omit<Readiness, 'ready'>> {
  const missing = await missingOfStore(db)
  if (missing.length > 0) return { missing, invalidSloCount: 0 }
  try {
    const { slos } = await board()
    const fault = evaluations ? evaluations.fault() : await staleness(db, slos.length, clock())
    const invalidSlos = slos.flatMap(invalidOf)
    const missing = fault === null ? [] : [`SLOs are not evaluated: ${fault}`]
    const named = !isGuarded && invalidSlos.length > 0
    return { missing, invalidSloCount: invalidSlos.length, ...(named && { invalidSlos }) }
  } catch (error) {
    return { missing: [`the status of SLOs cannot be read: ${firstLine(error)}`], invalidSloCount: 0 }
  }
}

const invalidOf = ({ status: { name, status, invalidReason } }: SloEntry) =>
  status === 'invalid' ? [{ slo: name, reason: invalidReason ?? 'its counts cannot be true' }] : []

/** Evaluations are stored every few seconds. */
const STALE_MS = 120_000

/** Whether the process that evaluates is behind; before its first evaluation nobody can tell. */
async function staleness(db: Db, slos: number, now: Date): Promise<string | null> {
  const last = slos === 0 ? null : await readLastEvaluation(db)
  if (last === null || now.getTime() - last.getTime() <= STALE_MS) return null
  return `the last evaluation is of ${last.toISOString()}`
}

async function missingOfStore(db: Db): Promise<string[]> {
  try {
    const files = await readMissingMigrations(db)
    return files.map((file) => `schema file ${file} is not applied; start Plumbline with a role that migrates`)
  } catch (error) {
    return [isStoreAway(error) ? 'ClickHouse does not answer' : `ClickHouse answers with an error: ${firstLine(error)}`]
  }
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''
