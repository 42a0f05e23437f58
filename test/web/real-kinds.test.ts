import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generationOf } from '../../slo/generation.ts'
import type { CompositeIndicator, MeasuredIndicator, Slo } from '../../slo/model.ts'
import { recordBudgetReset } from '../../storage/budget-resets.ts'
import { recordProgress } from '../../storage/indicator-progress.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { minutesAgo, NOW, seededApp, seedMinutes, seedTelemetry, slo } from '../api/seeded-app.ts'
import { textOf, useBrowser } from './browser.ts'

/** Every kind of window and method over the real API on the real engine: what the pages ask for must be answered. */
const { visit, serveAt, root } = useBrowser()

const named = (name: string, objective: Partial<Slo['objective']>): Slo => {
  const base = slo(name)
  return { ...base, objective: { ...base.objective, targetPpm: 900_000, budgetPpm: 100_000, ...objective } }
}
const MONTH = {
  kind: 'calendar',
  minutes: 43_200,
  duration: '1M',
  start: '2026-01-01 00:00:00',
  timeZone: 'UTC',
} as const
const EVENTS = named('events', {})
const KINDS = {
  month: named('month', { window: MONTH }),
  slices: named('slices', { method: 'timeslices', slice: { minutes: 45, targetPpm: 940_000 } }),
  ratios: named('ratios', { method: 'ratio_timeslices', slice: { minutes: 5, targetPpm: null }, window: MONTH }),
}
const member = (of: Slo, displayName: string) => ({
  displayName,
  indicator: of.indicator as MeasuredIndicator,
  generation: of.generation,
  weight: 1,
  targetPpm: 900_000,
})
const SILENT = slo('silent')
const INDICATOR: CompositeIndicator = {
  source: 'composite',
  name: 'journey',
  method: 'weighted-mean',
  members: [member(EVENTS, 'pay'), member(SILENT, 'stock feed')],
}

let app: Awaited<ReturnType<typeof seededApp>>
let server: ReturnType<typeof createAdaptorServer>
let url: string

beforeAll(async () => {
  app = await seededApp({ webRoot: root() })
  const composite = { ...named('journey', {}), indicator: INDICATOR, generation: generationOf(INDICATOR) }
  const all = [EVENTS, ...Object.values(KINDS), composite]
  const changes = all.map((of) => ({ name: of.name, state: 'active' as const, slo: of, problems: [], source: 'api' }))
  await recordDefinitions(app.db, changes, NOW)
  await seedTelemetry(app.db)
  for (const of of [EVENTS, ...Object.values(KINDS)]) {
    await seedMinutes(app.db, of, [
      { ago: 100, good: 950, total: 1_000 },
      { ago: 30, good: 900, total: 1_000 },
    ])
  }
  await recordBudgetReset(
    app.db,
    { id: 'r1', slo: 'events', at: minutesAgo(60), reason: 'moved to the new ledger', by: 'ada' },
    NOW,
  )
  const { indicator, generation } = KINDS.slices
  const history = { from: minutesAgo(1_000), to: minutesAgo(0) }
  const progress = { indicator: indicator.name, generation, history, measuredFrom: minutesAgo(750), error: '' }
  await recordProgress(app.db, [{ ...progress, updatedAt: NOW }])
  server = createAdaptorServer({ fetch: app.app.fetch })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.close()
  await app[Symbol.asyncDispose]()
})

/** Everything on the page of one SLO, once its charts and methods are there. */
async function read(name: string, query = ''): Promise<string> {
  serveAt(url)
  const page = await visit({ path: `/slos/${name}${query}` })
  await page.getByRole('img', { name: 'Budget left over time' }).waitFor()
  await page.getByRole('heading', { name: 'The same promise by each budgeting method' }).waitFor()
  return textOf(page.locator('main'))
}

test.each([
  [
    'month',
    [
      '150 bad of 200 allowed',
      '75% spent',
      'of the whole period’s, estimated from',
      'periods of UTC',
      'Occurrences · judges',
    ],
  ],
  [
    'slices',
    [
      'good of',
      'slices of 45m',
      'timeslices of 45m at 94%',
      'History is being measured',
      '75% back to',
      'Timeslices · judges',
    ],
  ],
  ['ratios', ['mean of', 'slices of 5m', 'calendar 1M, ratio timeslices of 5m', 'Ratio timeslices · judges']],
  ['events', ['Reset', 'by ada: moved to the new ledger', 'Official 90.0', 'With all of it 92.5', 'budget reset']],
  ['journey', ['Made of 2 parts', 'The mean of the SLIs that have data', 'Without data: stock feed.']],
])('the page of %s is whole', async (name, texts) => {
  const text = await read(name)
  for (const wanted of texts) expect(text).toContain(wanted)
})

test.each(Object.keys(KINDS))('a chosen range of %s is answered', async (name) => {
  const from = minutesAgo(600).toISOString()
  expect(await read(name, `?from=${from}&to=${NOW.toISOString()}`)).toContain('As a table')
})

test('the list tells what is still being measured, and draws every kind', async () => {
  serveAt(url)
  const page = await visit({ path: '/slos' })
  const row = page.locator('.slo-table tbody tr', { hasText: 'slices' })
  await row.getByText('history measured to 75%').waitFor()
  await page.getByRole('img', { name: 'Burn-down over 1M: 25% of the budget left' }).waitFor()
})
