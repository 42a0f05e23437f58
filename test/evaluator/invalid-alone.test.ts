import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MeasuredIndicator, Slo } from '../../slo/model.ts'
import { listIncidents } from '../../storage/incidents.ts'
import { seededApp } from '../api/seeded-app.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeat } from '../storage/calls.ts'
import { DELTA, storeSums } from '../storage/points.ts'
import { define, evaluatorOn, MINUTE_MS, storeMinute, tickAt } from './evaluation.ts'

/** The engine's clock says when points arrive. */
const T0 = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
const HOUR_MINUTES = 70
const PATIENCE_MS = 120_000

const guards = { minEvents: 1, minBadEvents: 1 }
const sloOf = (name: string, over: Partial<Slo> = {}): Slo => {
  const counter = (metric: string) => ({
    source: 'metric' as const,
    metric,
    kind: 'sum' as const,
    attributes: { 'service.name': { in: [name] } },
    le: null,
  })
  const indicator: MeasuredIndicator = {
    source: 'metric',
    name,
    numerator: { counts: 'good', selection: counter('good') },
    total: counter('all'),
  }
  return { ...sloWith({ name }), guards, name, indicator, generation: `${name}-1`, ...over }
}

/** Delta points of both counters, one a minute, of the minutes before T0; `at` puts others in. */
const points = (service: string, good: number, total: number, others: Record<number, number> = {}) =>
  Array.from({ length: HOUR_MINUTES }, (_, n) => n + 1).flatMap((ago) => {
    const at = T0 - ago * MINUTE_MS
    const point = { temporality: DELTA, service, at, since: at - MINUTE_MS }
    return [
      { ...point, metric: 'good', value: good },
      { ...point, metric: 'all', value: total },
      ...(others[ago] === undefined ? [] : [{ ...point, metric: 'all', attributes: { n: '2' }, value: others[ago] }]),
    ]
  })

let app: Awaited<ReturnType<typeof seededApp>>
beforeEach(async () => {
  app = await seededApp({ clock: () => new Date(T0) })
  for (let ago = HOUR_MINUTES; ago >= 0; ago--) await storeHeartbeat(app.db, T0 - ago * MINUTE_MS)
  // Every second call of the bystander fails: it must page.
  await storeSums(app.db, points('bystander', 50, 100))
}, PATIENCE_MS)
afterEach(() => app[Symbol.asyncDispose]())

async function tickWith(slos: Slo[]) {
  await define(app.db, slos, T0 - 1_000)
  await tickAt(evaluatorOn(app.db, {}), T0)
}

const statusOf = async (name: string) => (await app.get(`/api/v1/slos/${name}`)).body

async function expectBystanderJudged(): Promise<void> {
  const list = await app.get('/api/v1/slos')
  expect(list.status).toBe(200)
  const bystander = list.body.items.find((item: { name: string }) => item.name === 'bystander')
  expect(bystander).toMatchObject({
    status: 'critical',
    counts: { good: 50 * HOUR_MINUTES, total: 100 * HOUR_MINUTES },
    freshness: { watermark: new Date(T0).toISOString() },
  })
  const paged = (await listIncidents(app.db, { limit: 10 })).flatMap(({ members }) => members.map(({ slo }) => slo))
  expect(paged).toContain('bystander')
  expect((await app.get('/metrics')).text).toContain('slo_burn_rate{slo="bystander"')
}

/** What cannot be judged is named everywhere, and alone. */
async function expectInvalid(name: string, reason: RegExp): Promise<void> {
  const list = await app.get('/api/v1/slos')
  const marked = list.body.items.filter(({ status }: { status: string }) => status === 'invalid')
  expect(marked.map((item: { name: string }) => item.name)).toEqual([name])
  expect(marked[0].invalidReason).toMatch(reason)
  expect((await statusOf(name)).status).toBe('invalid')
  const ready = await app.get('/readyz')
  expect([ready.status, ready.body.ready, ready.body.invalidSlos[0].slo]).toEqual([200, true, name])
  expect(ready.body.invalidSlos[0].reason).toMatch(reason)
  expect((await app.get('/metrics')).text).toMatch(new RegExp(`slo_invalid\\{slo="${name}"[^}]*\\} 1`))
}

describe('one bad input leaves all other SLOs measured, judged and alerted on:', () => {
  it('points that are no finite numbers add nothing', async () => {
    const others = { 9: Number.POSITIVE_INFINITY, 8: Number.NEGATIVE_INFINITY, 7: Number.NaN }
    await storeSums(app.db, points('odd', 100, 100, others))
    await tickWith([sloOf('odd'), sloOf('bystander')])
    await expectBystanderJudged()
    expect(await statusOf('odd')).toMatchObject({
      status: 'ok',
      counts: { good: 100 * HOUR_MINUTES, total: 100 * HOUR_MINUTES },
    })
  })

  it('two finite deltas whose sum is no number make their SLO invalid', async () => {
    await storeSums(app.db, points('odd', 100, 1.5e308, { 9: 1.5e308 }))
    await tickWith([sloOf('odd'), sloOf('bystander')])
    await expectBystanderJudged()
    await expectInvalid('odd', /the counts of minute .* cannot be true/)
    const [{ finite }] = (await (
      await app.db.query({
        query: `SELECT min(isFinite(good) AND isFinite(total)) AS finite FROM indicator_minutes`,
        format: 'JSONEachRow',
      })
    ).json<{ finite: number }>()) as [{ finite: number }]
    expect(finite).toBe(1)
  })

  it('a window whose time zone cannot be computed', async () => {
    const base = sloOf('odd')
    const window = {
      kind: 'calendar' as const,
      minutes: 43_200,
      duration: '1M',
      start: '2026-01-01 00:00:00',
      timeZone: 'BST',
    }
    await tickWith([{ ...base, objective: { ...base.objective, window } }, sloOf('bystander')])
    await expectBystanderJudged()
    await expectInvalid('odd', /its windows cannot be computed: .*/)
    const history = await app.get('/api/v1/slos/odd/history')
    expect([history.status, history.body.detail]).toEqual([409, expect.stringContaining('odd is invalid')])
  })

  it('tiers that are no whole minutes', async () => {
    const tiers = [{ severity: 'page' as const, longMinutes: 0.0001, shortMinutes: 0.00001, factor: 2 }]
    await tickWith([sloOf('odd', { tiers }), sloOf('bystander')])
    await expectBystanderJudged()
    await expectInvalid('odd', /not whole minutes/)
  })

  it('an SLI over calls with a bound that the engine cannot take', async () => {
    await storeMinute(app.db, T0 - 5 * MINUTE_MS, 4)
    const calls = sloWith({ name: 'odd' })
    const indicator = structuredClone(calls.indicator) as Extract<Slo['indicator'], { source: 'calls' }>
    indicator.numerator.selection.latency = { op: 'lte', ns: 1e300 }
    await tickWith([
      { ...calls, indicator, generation: 'odd-1' },
      { ...calls, name: 'B', generation: 'B-1' },
      sloOf('bystander'),
    ])
    await expectBystanderJudged()
    await expectInvalid('odd', /its SLI A cannot be measured/)
  })

  it('a SELECT of the author that adds up to no number', async () => {
    const query = `SELECT toStartOfMinute(toDateTime(TimeUnix)) AS minute, 1e308 AS good, 1e308 AS total FROM otel_metrics_sum WHERE TimeUnix >= {from:DateTime} AND TimeUnix < {to:DateTime}`
    await tickWith([sloOf('odd', { indicator: { source: 'sql', name: 'odd', query } }), sloOf('bystander')])
    await expectBystanderJudged()
    await expectInvalid('odd', /the counts of minute .* cannot be true/)
  })

  it('a stored definition that is no JSON', async () => {
    await tickWith([sloOf('bystander')])
    await app.db.insert({
      table: 'slo_definitions',
      format: 'JSONEachRow',
      values: [
        {
          name: 'odd',
          state: 'active',
          generation: 'x',
          definition: '{',
          problems: '[',
          source: 'api',
          changed_at: T0 / 1_000,
        },
      ],
    })
    await tickAt(evaluatorOn(app.db, {}), T0 + 1_000)
    await expectBystanderJudged()
    await expectInvalid('odd', /another version of Plumbline/)
  })
})

describe('a store that holds counts which are no numbers', () => {
  const spoil = async (table: string, column: string, good: string, total: string) =>
    app.db.command({
      query: `INSERT INTO ${table} (indicator, generation, ${column}, good, total${table === 'indicator_hours' ? ', complete' : ', measured_at'})
        SELECT 'odd', 'odd-1', toStartOfHour(toDateTime(${T0 / 1_000 - 600})), ${good}, ${total}, ${table === 'indicator_hours' ? 'true' : 'toDateTime64(1, 3)'}`,
    })
  const ROWS: [string, string, string][] = [
    ['infinities', 'inf', 'inf'],
    ['no number at all', 'nan', 'nan'],
    ['finite counts whose sum is none', '1.7e308', '1.7e308'],
  ]

  for (const [title, good, total] of ROWS) {
    it(`answers for all others before it is mended: ${title}`, async () => {
      await tickWith([sloOf('bystander')])
      for (const [table, column] of [
        ['indicator_minutes', 'minute'],
        ['indicator_hours', 'hour'],
      ] as const)
        await spoil(table, column, good, total)
      await define(app.db, [sloOf('odd')], T0)
      await expectBystanderJudged()
      await expectInvalid('odd', /cannot be true/)
    })

    it(`measures them again after a restart: ${title}`, async () => {
      await storeSums(app.db, points('odd', 100, 100))
      await tickWith([sloOf('odd'), sloOf('bystander')])
      for (const [table, column] of [
        ['indicator_minutes', 'minute'],
        ['indicator_hours', 'hour'],
      ] as const)
        await spoil(table, column, good, total)
      await tickAt(evaluatorOn(app.db, {}), T0 + 1_000)
      await expectBystanderJudged()
      expect(await statusOf('odd')).toMatchObject({
        status: 'ok',
        counts: { good: 100 * HOUR_MINUTES, total: 100 * HOUR_MINUTES },
      })
      expect((await app.get('/readyz')).body).toEqual({ ready: true, missing: [], invalidSloCount: 0 })
    })
  }
})
