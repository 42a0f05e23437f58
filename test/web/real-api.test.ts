import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordIncidents } from '../../storage/incidents.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { incident, NOW, seedCalls, seededApp, seedMinutes, seedTelemetry, slo } from '../api/seeded-app.ts'
import { textOf, useBrowser } from './browser.ts'

/** The pages over the real API on the real engine: what the other tests take from memory must look the same here. */
const { visit, serveAt, root } = useBrowser()
const PAGING = slo('checkout-availability')
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'

let app: Awaited<ReturnType<typeof seededApp>>
let server: ReturnType<typeof createAdaptorServer>
let url: string

beforeAll(async () => {
  app = await seededApp({ webRoot: root() })
  await recordDefinitions(
    app.db,
    [{ name: PAGING.name, state: 'active', slo: PAGING, problems: [], source: 'file:slos/checkout.yaml' }],
    NOW,
  )
  await seedTelemetry(app.db)
  await seedMinutes(app.db, PAGING, [
    { ago: 60 * 24 * 2, good: 9_000, total: 9_000 },
    { ago: 3, good: 960, total: 1_000 },
  ])
  await seedCalls(app.db, [
    { ago: 4, count: 50 },
    { ago: 3, count: 50, outcome: 'timeout', traceId: TRACE_ID },
  ])
  await recordIncidents(app.db, [{ incident: incident('i1'), revision: 1 }], NOW)
  server = createAdaptorServer({ fetch: app.app.fetch })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.close()
  await app[Symbol.asyncDispose]()
})

test('the overview tells the story of the store', async () => {
  serveAt(url)
  const page = await visit()
  await page.getByRole('heading', { level: 1, name: '1 page open: acme-pay times out for checkout' }).waitFor()
  const row = await textOf(page.locator('.slo-table tbody tr'))
  expect(row).toContain('Critical checkout-availability checkout')
  expect(row).toContain('99.9% / 30d 99.60% −300% overspent')
  await page.getByRole('img', { name: 'Burn-down over 30d: −300% of the budget left' }).waitFor()
  await page
    .getByRole('listitem')
    .filter({ hasText: 'acme-pay' })
    .filter({ hasText: '50% failing of 100 calls' })
    .waitFor()
})

test('SLO, incident, dependency and trace open from there', async () => {
  serveAt(url)
  const page = await visit()
  await page.getByRole('link', { name: PAGING.name }).first().click()
  await page.getByRole('img', { name: 'Budget left over time' }).waitFor()
  await page.getByRole('heading', { name: 'The same promise by each budgeting method' }).waitFor()
  const text = await textOf(page.locator('main'))
  expect(text).toContain('40 bad of 10 allowed')
  expect(text).toMatch(/Occurrences · judges this SLO .* 99\.60% −300% overspent/)
  expect(text).toMatch(/a slice of 1m is good when 99\.9% of its events are\. \d/)
  await page.goto(`${url}/incidents/i1`)
  await page.getByRole('link', { name: TRACE_ID }).click()
  await page.getByRole('heading', { level: 1, name: 'acme-pay times out' }).waitFor()
  await page.goto(`${url}/dependencies/acme-pay`)
  await page.getByRole('heading', { level: 2, name: 'Operations' }).waitFor()
  expect(await textOf(page.locator('main'))).toContain('POST /charges 100 50 50%')
})

test('a name nobody has leads to the ones alike', async () => {
  serveAt(url)
  const page = await visit({ path: '/slos/checkout-availabilty', allow: /Failed to load resource.*404/ })
  await page.getByRole('link', { name: PAGING.name }).waitFor()
})
