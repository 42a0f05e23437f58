import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seedCalls, seededApp, seedTelemetry } from './seeded-app.ts'

const DOCUMENT = `
apiVersion: openslo/v1
kind: SLO
metadata: { name: checkout-pay }
spec:
  service: checkout
  indicator:
    metadata: { name: pay-answers }
    spec:
      ratioMetric:
        bad: { metricSource: { type: plumbline, spec: { source: calls, service: checkout, dependency: acme-pay, outcome: [timeout] } } }
        total: { metricSource: { type: plumbline, spec: { source: calls, service: checkout, dependency: acme-pay } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ displayName: answered, target: 0.999 }]
`

let app: Awaited<ReturnType<typeof seededApp>>
beforeAll(async () => {
  app = await seededApp()
  await seedTelemetry(app.db, { minutes: 120 })
  // Enough spans that the guards believe them: they count calls as received.
  const calls = Array.from({ length: 180 }, (_, n) => ({ ago: (n >> 1) + 1, weight: 500 }))
  await seedCalls(app.db, calls)
  await seedCalls(
    app.db,
    Array.from({ length: 50 }, () => ({ ago: 30, weight: 20, outcome: 'timeout' })),
  )
})
afterAll(() => app[Symbol.asyncDispose]())

const preview = (body: string, type = 'application/yaml', query = '?days=1') =>
  app.get(`/api/v1/slos/preview${query}`, { method: 'POST', body, headers: { 'content-type': type } })

describe('a preview', () => {
  test('tells what the SLO would have said and whom it would have woken', async () => {
    const { status, body } = await preview(DOCUMENT)
    expect(status).toBe(200)
    const [item] = body.items
    expect(item).toMatchObject({ slo: 'checkout-pay', counts: { good: 90_000, total: 91_000 }, sli: 90 / 91 })
    expect(item.alerts.map(({ severity }: { severity: string }) => severity)).toEqual(['page'])
    expect(item.steps.length).toBe(24)
  })

  test('stores nothing', async () => {
    expect((await app.get('/api/v1/slos')).body.items).toEqual([])
  })

  test.each([
    ['JSON', 'application/json'],
    ['YAML as text', 'text/plain; charset=utf-8'],
  ])('is given for %s', async (_, type) => {
    const json = JSON.stringify({ apiVersion: 'openslo/v1', kind: 'Service', metadata: { name: 'a' }, spec: {} })
    const { status, body } = await preview(type === 'application/json' ? json : DOCUMENT, type)
    expect([status, body.detail ?? body.items.length]).toEqual(
      type === 'application/json' ? [422, 'There is no SLO in the body'] : [200, 1],
    )
  })
})

describe('what is refused', () => {
  test('a document that cannot be measured, with line, path and reason', async () => {
    const { status, body } = await preview(DOCUMENT.replace('target: 0.999', 'target: 1'))
    expect(status).toBe(422)
    expect(body.type).toBe('urn:plumbline:problem:invalid-document')
    expect(body.errors[0]).toMatchObject({ path: expect.stringMatching(/^\d+: spec\.objectives\[0\]/) })
  })

  test('an SLI of which the SELECT fails, in the words of the engine', async () => {
    const query = 'SELECT minute, good, total FROM nowhere WHERE minute >= {from:DateTime} AND minute < {to:DateTime}'
    const written = DOCUMENT.replace(
      /bad:.*\n +total:.*/,
      `rawType: success\n        raw: { metricSource: { type: plumbline, spec: { source: sql, query: "${query}" } } }`,
    )
    const { status, body } = await preview(written)
    expect([status, body.detail]).toEqual([422, 'checkout-pay cannot be measured'])
    expect(body.errors).toEqual([
      { path: 'checkout-pay', message: expect.stringMatching(/^the SELECT fails: .*nowhere/) },
    ])
  })

  test.each([
    ['text that is no YAML', 'a: [', 422],
    ['nothing at all', '', 422],
    ['a body beyond all measure', `# ${'x'.repeat(1_000_001)}`, 413],
  ])('%s', async (_, text, wanted) => {
    expect((await preview(text)).status).toBe(wanted)
  })

  test('another type of body', async () => {
    expect((await preview(DOCUMENT, 'application/x-www-form-urlencoded')).status).toBe(415)
  })

  test.each(['?days=0', '?days=401', '?days=many'])('%s', async (query) => {
    expect((await preview(DOCUMENT, 'application/yaml', query)).status).toBe(400)
  })
})
