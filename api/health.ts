import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Db } from '../storage/query.ts'
import { readMissingMigrations } from '../storage/schema-health.ts'
import { isStoreAway } from './problem.ts'

const readinessSchema = z
  .object({
    ready: z.boolean(),
    missing: z.array(z.string()).meta({ description: 'What is missing, in words; empty when ready' }),
  })
  .meta({ id: 'Readiness' })

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
  summary: 'Whether the store answers and its schema is complete',
  responses: {
    200: { description: 'Ready', content: { 'application/json': { schema: readinessSchema } } },
    503: { description: 'Not ready', content: { 'application/json': { schema: readinessSchema } } },
  },
})

export function healthRoutes({ db }: { db: Db }): OpenAPIHono {
  return new OpenAPIHono()
    .openapi(healthzRoute, (c) => c.text('ok\n', 200))
    .openapi(readyzRoute, async (c) => {
      const missing = await whatIsMissing(db)
      return missing.length === 0
        ? c.json({ ready: true, missing }, 200)
        : c.json({ ready: false, missing }, 503, { 'retry-after': '5' })
    })
}

async function whatIsMissing(db: Db): Promise<string[]> {
  try {
    const files = await readMissingMigrations(db)
    return files.map((file) => `schema file ${file} is not applied; start Plumbline with a role that migrates`)
  } catch (error) {
    return [isStoreAway(error) ? 'ClickHouse does not answer' : `ClickHouse answers with an error: ${firstLine(error)}`]
  }
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''
