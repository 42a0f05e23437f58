import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordIncidents } from '../../storage/incidents.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { incident, minutesAgo, NOW, seededApp, seedTelemetry, slo } from './seeded-app.ts'

const SLO = slo('checkout-availability')
const TOGETHER = minutesAgo(7)
let app: Awaited<ReturnType<typeof seededApp>>

beforeAll(async () => {
  app = await seededApp()
  await seedTelemetry(app.db)
  await recordDefinitions(app.db, [{ name: SLO.name, state: 'active', slo: SLO, problems: [], source: 'api' }], NOW)
  const incidents = [
    incident('a', { startedAt: TOGETHER }),
    incident('b', { startedAt: TOGETHER, severity: 'ticket' }),
    incident('c', { startedAt: TOGETHER, slo: 'gone' }),
    incident('old', { state: 'resolved', startedAt: minutesAgo(500), resolvedAt: minutesAgo(400) }),
  ]
  await recordIncidents(
    app.db,
    incidents.map((one) => ({ incident: one, revision: 1 })),
    NOW,
  )
})
afterAll(() => app[Symbol.asyncDispose]())

const idsOf = (body: { items: { id: string }[] }) => body.items.map(({ id }) => id)

test('the newest incident comes first', async () => {
  const { status, body } = await app.get('/api/v1/incidents')
  expect(status).toBe(200)
  expect(idsOf(body)).toEqual(['c', 'b', 'a', 'old'])
})

test.each([
  ['open', ['c', 'b', 'a']],
  ['resolved', ['old']],
])('only those that are %s', async (state, ids) => {
  expect(idsOf((await app.get(`/api/v1/incidents?state=${state}`)).body)).toEqual(ids)
})

test('page by page none is lost, though three began in the same instant', async () => {
  const first = await app.get('/api/v1/incidents?limit=2')
  const second = await app.get(`/api/v1/incidents?limit=2&cursor=${first.body.nextCursor}`)
  expect([...idsOf(first.body), ...idsOf(second.body)]).toEqual(['c', 'b', 'a', 'old'])
  expect(second.body.nextCursor).toBeNull()
})

test('one incident says what was known when it fired and how the SLO stands now', async () => {
  const { body } = await app.get('/api/v1/incidents/a')
  expect(body).toMatchObject({
    id: 'a',
    startedAt: TOGETHER.toISOString(),
    resolvedAt: null,
    details: incident('a').details,
    freshness: { watermark: NOW.toISOString() },
    generation: SLO.generation,
    current: { name: SLO.name, status: 'critical', counts: { good: 0, total: 0 } },
  })
})

test('an incident outlives its SLO', async () => {
  const { body } = await app.get('/api/v1/incidents/c')
  expect(body).toMatchObject({ slo: 'gone', generation: '', current: null })
})

test('an unknown incident is not found', async () => {
  const { status, body } = await app.get('/api/v1/incidents/nobody')
  expect(status).toBe(404)
  expect(body).toMatchObject({ type: 'urn:plumbline:problem:not-found', detail: 'There is no incident nobody' })
})

test('an unknown state is refused with its path', async () => {
  const { status, body } = await app.get('/api/v1/incidents?state=firing')
  expect(status).toBe(400)
  expect(body.errors).toMatchObject([{ path: 'query.state' }])
})
