import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clickhouseInterface } from '../../api/clickhouse-interface.ts'
import { statusOf } from '../../slo/status.ts'
import { readReadings } from '../../storage/readings.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { BOARDS } from './board-model.ts'
import { type Expansion, expand, type Picked } from './macros.ts'
import { MINUTE } from './seed.ts'
import { BOARD_SLOS, seedBoard } from './seed-board.ts'

interface Answer {
  meta: { name: string; type: string }[]
  data: Record<string, unknown>[]
}

let seeded: TestDatabase
let empty: TestDatabase
let end: number

beforeAll(async () => {
  seeded = await testDatabase()
  empty = await testDatabase()
  end = Math.floor(Date.now() / MINUTE) * MINUTE
  await seedBoard(seeded.db, end)
})
afterAll(async () => {
  await seeded?.[Symbol.asyncDispose]()
  await empty?.[Symbol.asyncDispose]()
})

/** As Grafana asks in embedded mode: through the API's read-only ClickHouse interface. */
async function ask({ db, url, database }: TestDatabase, sql: string): Promise<Answer> {
  const params = new URLSearchParams({ default_format: 'JSON', database })
  const response = await clickhouseInterface({ db, url }).request(`/?${params}`, {
    method: 'POST',
    body: sql,
  })
  const text = await response.text()
  expect(response.status, `${text}\n${sql}`).toBe(200)
  return JSON.parse(text) as Answer
}

const ALL: Picked = { env: 'all', service: 'all', slo: 'all', dependency: 'all' }
const VALUES: Record<string, string[]> = {
  env: ['prod', 'other'],
  service: ['checkout', 'cart'],
  slo: ['acme-pay-availability', 'swift-parcel-availability'],
  dependency: ['acme-pay', 'swift-parcel'],
}
const NAMES = Object.keys(VALUES)

/** Every variable as All, then each as one value and as two. */
const PICKS: readonly [string, Picked][] = [
  ['everything', ALL],
  ...NAMES.flatMap((name): [string, Picked][] => [
    [`one ${name}`, { ...ALL, [name]: VALUES[name]!.slice(0, 1) }],
    [`two of ${name}`, { ...ALL, [name]: VALUES[name]! }],
  ]),
]

const range = (picked: Picked): Expansion => ({
  from: Math.floor(end / 1000) - 6 * 3600,
  to: Math.floor(Date.now() / 1000),
  intervalSeconds: 30,
  picked,
})

const QUERIES = BOARDS.flatMap(({ title, panels, templating, annotations }) => [
  ...panels.flatMap((panel) =>
    panel.targets.map(({ rawSql, format }) => ({
      name: `${title}: ${panel.title}`,
      rawSql,
      isTimeSeries: format === 0,
    })),
  ),
  ...templating.list.flatMap(({ name, query }) =>
    typeof query === 'string'
      ? []
      : [{ name: `${title}: variable ${name}`, rawSql: query.rawSql, isTimeSeries: false }],
  ),
  ...annotations.list.map(({ name, target }) => ({
    name: `${title}: annotation ${name}`,
    rawSql: target.rawSql,
    isTimeSeries: false,
  })),
])

describe.each(QUERIES)('$name', ({ rawSql, isTimeSeries }) => {
  test.each(PICKS)('answers for %s', async (_picks, picked) => {
    const { meta, data } = await ask(seeded, expand(rawSql, range(picked)))
    expect(data.length).toBeGreaterThan(0)
    if (!isTimeSeries) return
    const [time] = meta
    expect(time?.type).toMatch(/^DateTime/)
    const times = data.map((row) => String(row[time!.name]))
    expect(times).toEqual([...times].sort())
    for (const { name: column, type } of meta.filter(({ type }) => /Int|Float/.test(type))) {
      for (const row of data) {
        if (!type.startsWith('Nullable')) expect(Number.isFinite(Number(row[column])), column).toBe(true)
      }
    }
  })

  test('is no error on an empty store', async () => {
    await ask(empty, expand(rawSql, range(ALL)))
  })
})

const panelSql = (title: string) => {
  const found = QUERIES.find(({ name }) => name.endsWith(`: ${title}`))
  if (!found) throw new Error(`no panel ${title}`)
  return expand(found.rawSql, range(ALL))
}

test('the SLO table says what the API says', async () => {
  const { data } = await ask(seeded, panelSql('SLOs by urgency'))
  const now = new Date()
  const readings = await readReadings(seeded.db, BOARD_SLOS, now)
  const [failing] = BOARD_SLOS
  for (const reading of readings) {
    const isPaged = reading.slo.name === failing?.name
    const alert = isPaged ? ({ severity: 'page', since: now, incident: 'inc_open' } as const) : null
    const api = statusOf(reading, alert, { now })
    expect(data.find((row) => row.SLO === reading.slo.name)).toMatchObject({
      State: api.status,
      Target: api.objective?.target,
      SLI: api.sli,
      'Budget left': api.budget.remaining,
      'Burn 5m': api.burnRates['5m'],
      'Burn 1h': api.burnRates['1h'],
      'Burn 6h': api.burnRates['6h'],
      'Burn 3d': api.burnRates['3d'],
    })
  }
  expect(data[0]?.State).toBe('critical')
})

test('the burn chart ends at the burn rates of the SLO table', async () => {
  const { data: chart } = await ask(seeded, panelSql('Burn by window'))
  const { data: now } = await ask(seeded, panelSql('SLOs by urgency'))
  for (const row of now) {
    const last = chart.findLast(({ slo }) => slo === row.SLO)
    for (const window of ['5m', '1h', '6h']) {
      expect(Math.fround(Number(last?.[window])), `${row.SLO} ${window}`).toBe(
        Math.fround(Number(row[`Burn ${window}`])),
      )
    }
  }
})

test('open pages and tickets are counted apart', async () => {
  expect((await ask(seeded, panelSql('Pages'))).data).toEqual([{ incidents: 1 }])
  expect((await ask(seeded, panelSql('Tickets'))).data).toEqual([{ incidents: 0 }])
})

test('outcomes add up to all outbound calls', async () => {
  const { data } = await ask(seeded, panelSql('Calls and outcomes'))
  const calls = data.reduce((sum, row) => sum + Number(row.calls) * 60, 0)
  expect(calls).toBeCloseTo(90 * 40, 6)
})

test('quantiles of the latency buckets are within 2.2 % of the true ones', async () => {
  const { data } = await ask(
    seeded,
    panelSql('Latency').replaceAll(/toStartOfInterval\(minute, [^)]*\)[^)]*\)/g, 'toDateTime(0)'),
  )
  // Durations are 20 … 119 ms, each equally often.
  expect(data).toHaveLength(1)
  for (const [name, trueSeconds] of [
    ['P50', 0.069],
    ['P95', 0.114],
    ['P99', 0.118],
  ] as const) {
    expect(Math.abs(Number(data[0]?.[name]) / trueSeconds - 1), name).toBeLessThan(0.022)
  }
})

test('the freshness of an empty store is unknown, not zero', async () => {
  const { data } = await ask(empty, panelSql('Data'))
  expect(data).toEqual([{ 'Complete up to': null }])
})
