import { spawnSync } from 'node:child_process'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { connect, embeddedServer } from '../../storage/client.ts'
import { recordIncidents } from '../../storage/incidents.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { incident, minutesAgo, NOW, seedCalls, seededApp, seedMinutes, seedTelemetry, slo } from './seeded-app.ts'

const NAMED = 'a "quoted"\\name'
const BURNING = slo('checkout-availability')
const QUIET = slo('cart-availability', { service: 'cart' })

/** A registry as a running process has it: defaults of prom-client, and metrics of all kinds. */
function fullRegistry(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  new Counter({ name: 'plumbline_ticks_total', help: 'Ticks.', labelNames: ['result'], registers: [registry] }).inc({
    result: 'ok',
  })
  new Histogram({ name: 'plumbline_tick_duration_seconds', help: 'Length of a tick.', registers: [registry] }).observe(
    0.2,
  )
  return registry
}

async function scrapedApp() {
  const app = await seededApp({ metrics: fullRegistry(), clock: () => NOW })
  const definitions = [BURNING, QUIET].map((one) => ({
    name: one.name,
    state: 'active' as const,
    slo: one,
    problems: [],
    source: 'api',
  }))
  await recordDefinitions(app.db, definitions, NOW)
  await seedTelemetry(app.db, { lagMs: 2_000 })
  await seedMinutes(app.db, BURNING, [{ ago: 3, good: 990, total: 1000 }])
  await recordIncidents(app.db, [{ incident: incident('i1'), revision: 1 }], NOW)
  await seedCalls(app.db, [
    { ago: 0, count: 3, dependency: NAMED, weight: 2.5 },
    { ago: 0, count: 1, outcome: 'throttled' },
    { ago: 30, count: 7 },
  ])
  return app
}

const series = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(name))

describe('/metrics', () => {
  test('passes promtool check metrics', async () => {
    await using app = await scrapedApp()
    const { text, headers } = await app.get('/metrics')
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text).toContain('nodejs_eventloop_lag_seconds')
    const checked = spawnSync('/usr/bin/promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect(checked.error).toBeUndefined()
    expect(`${checked.stdout}${checked.stderr}`).toBe('')
    expect(checked.status).toBe(0)
  })

  test('tells of each SLO what is known, and nothing of what is not', async () => {
    await using app = await scrapedApp()
    const { text } = await app.get('/metrics')
    expect(series(text, 'slo_objective_ratio')).toEqual([
      'slo_objective_ratio{slo="checkout-availability",service="checkout"} 0.999',
      'slo_objective_ratio{slo="cart-availability",service="cart"} 0.999',
    ])
    expect(text).toContain('slo_window_seconds{slo="checkout-availability",service="checkout"} 2592000')
    expect(text).toContain('slo_burn_rate{slo="checkout-availability",service="checkout",window="1h"} 10')
    expect(text).toContain('slo_sli_error_ratio{slo="checkout-availability",service="checkout",window="slo"} 0.01')
    expect(text).toContain(
      'slo_error_budget_remaining_ratio{slo="checkout-availability",service="checkout",basis="official"} -9',
    )
    expect(text).toContain('slo_watermark_age_seconds{slo="checkout-availability",service="checkout"} 2')
    expect(text).toContain('slo_alert_active{slo="checkout-availability",service="checkout",severity="page"} 1')
    expect(text).toContain('slo_alert_active{slo="checkout-availability",service="checkout",severity="ticket"} 0')
    expect(text).toContain('plumbline_incidents_open{severity="page"} 1')
    expect(text).toContain('plumbline_build_info{version="1.2.3"} 1')
    for (const name of ['slo_burn_rate', 'slo_sli_error_ratio', 'slo_error_budget_remaining_ratio'])
      expect(series(text, name).filter((line) => line.includes('cart-availability'))).toEqual([])
    expect(text).not.toContain('NaN')
  })

  test('has the labels of each SLO on one series: names that Prometheus takes, a bounded number, of bounded length', async () => {
    await using app = await seededApp({ clock: () => NOW })
    const own = {
      ...{
        'a.b': 'x',
        'a-b': 'y',
        a_b: 'z',
        'c.d': 'first',
        'c-d': 'other',
        slo: 'other',
        severity: 'none',
        le: '0.5',
      },
      ...{
        '1x': 'one',
        quote: 'a"b\\c\nd',
        service: 'fake',
        env: 'x',
        multi: 'a,b,c',
        empty: '',
        long: '😀'.repeat(200),
      },
    }
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`l${String(n).padStart(2, '0')}`, `${n}`]))
    const labelled = [slo('labelled', { labels: own }), slo('many', { labels: many })]
    const definitions = labelled.map((one) => ({
      ...{ name: one.name, slo: one },
      state: 'active' as const,
      problems: [],
      source: 'api',
    }))
    await recordDefinitions(app.db, definitions, NOW)
    const { text } = await app.get('/metrics')
    const [first = '', second = ''] = series(text, 'slo_info')
    expect(first.replace(/😀+/u, '')).toBe(
      'slo_info{slo="labelled",service="checkout",label_1x="one",label_a_b="z",label_c_d="other",label_env="x",label_le="0.5",label_long="…",' +
        'label_multi="a,b,c",label_quote="a\\"b\\\\c\\nd",label_service="fake",label_severity="none",label_slo="other"} 1',
    )
    expect(Array.from(/label_long="([^"]*)"/.exec(first)?.[1] ?? '')).toHaveLength(128)
    expect(second.match(/label_/g)).toHaveLength(20)
    const checked = spawnSync('/usr/bin/promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect([`${checked.stdout}${checked.stderr}`, checked.status]).toEqual(['', 0])
  })

  test('counts attempts since the process started, weighted, by outcome and owner', async () => {
    await using app = await scrapedApp()
    const { text } = await app.get('/metrics')
    expect(series(text, 'dependency_requests_total')).toEqual([
      'dependency_requests_total{dependency="a \\"quoted\\"\\\\name",service="checkout",env="prod",outcome="ok",owner="none"} 7.5',
      'dependency_requests_total{dependency="acme-pay",service="checkout",env="prod",outcome="throttled",owner="quota"} 1',
    ])
  })

  test('tells how long attempts took, weighted, in cumulative buckets', async () => {
    await using app = await seededApp()
    await seedCalls(app.db, [
      { ago: 0, count: 2, durationMs: 8 },
      { ago: 0, count: 1, durationMs: 300, weight: 4 },
      { ago: 0, count: 1, durationMs: 60_000 },
    ])
    const { text } = await app.get('/metrics')
    const of = (suffix: string) => series(text, `dependency_request_duration_seconds_${suffix}`)
    const buckets = of('bucket').map((line) => /le="(.+)"\} (.+)$/.exec(line)?.slice(1))
    expect(buckets).toEqual([
      ['0.005', '0'],
      ...['0.01', '0.025', '0.05', '0.075', '0.1', '0.25'].map((le) => [le, '2']),
      ...['0.5', '0.75', '1', '2.5', '5', '7.5', '10'].map((le) => [le, '6']),
      ['+Inf', '7'],
    ])
    expect(of('count')).toEqual([expect.stringMatching(/ 7$/)])
    expect(Number(of('sum')[0]?.split(' ').at(-1))).toBeCloseTo(0.016 + 1.2 + 60, 5)
  })

  test('tells the health of each dependency', async () => {
    await using app = await scrapedApp()
    await seedCalls(app.db, [{ ago: 2, count: 50, dependency: 'ledger' }])
    const { text } = await app.get('/metrics')
    expect(series(text, 'dependency_health_state{dependency="ledger"')).toEqual([
      'dependency_health_state{dependency="ledger",state="healthy"} 1',
      'dependency_health_state{dependency="ledger",state="degraded"} 0',
      'dependency_health_state{dependency="ledger",state="failing"} 0',
      'dependency_health_state{dependency="ledger",state="unknown"} 0',
      'dependency_health_state{dependency="ledger",state="maintenance"} 0',
    ])
    expect(text).toContain('dependency_health_score_ratio{dependency="ledger"} 1')
    expect(text).toContain('dependency_retry_amplification_ratio{dependency="ledger"} 1')
    expect(text).not.toContain('dependency_health_score_ratio{dependency="acme-pay"}')
  })

  test('says why alerts cannot be judged', async () => {
    await using app = await seededApp()
    await recordDefinitions(
      app.db,
      [{ name: BURNING.name, state: 'active', slo: BURNING, problems: [], source: 'api' }],
      NOW,
    )
    await seedTelemetry(app.db, { lagMs: 600_000 })
    await seedMinutes(app.db, BURNING, [{ ago: 20, good: 990, total: 1000 }])
    const { text } = await app.get('/metrics')
    expect(series(text, 'slo_alert_frozen')).toEqual([
      'slo_alert_frozen{slo="checkout-availability",service="checkout",reason="frozen_stale"} 1',
    ])
  })

  test('offers OpenMetrics to those who ask for it', async () => {
    await using app = await scrapedApp()
    const { text, headers } = await app.get('/metrics', {
      headers: { accept: 'application/openmetrics-text; version=1.0.0' },
    })
    expect(headers.get('content-type')).toContain('application/openmetrics-text')
    expect(text).toContain('# TYPE dependency_requests counter\ndependency_requests_total{')
    expect(text).toContain('# TYPE plumbline_ticks counter\nplumbline_ticks_total{result="ok"} 1')
    expect(text).toContain('plumbline_tick_duration_seconds_bucket{le="0.25"} 1')
    expect(text.endsWith('# EOF\n')).toBe(true)
  })

  test('without the store tells of the process, and that the store is away', async () => {
    const away = connect(embeddedServer('http://127.0.0.1:1'))
    await using app = await seededApp({ db: away, metrics: fullRegistry() })
    const { status, text } = await app.get('/metrics')
    expect(status).toBe(200)
    expect(text).toContain('plumbline_store_reachable 0')
    expect(text).toContain('plumbline_ticks_total{result="ok"} 1')
    expect(text).not.toContain('slo_')
    await away.close()
  })
})

test('the counter of attempts never falls while days pass', async () => {
  let now = NOW
  await using app = await seededApp({ clock: () => now })
  const read = async () => {
    const { text } = await app.get('/metrics')
    return Number(series(text, 'dependency_requests_total')[0]?.split(' ').at(-1) ?? 0)
  }
  await seedCalls(app.db, [{ ago: 0, count: 5 }])
  expect(await read()).toBe(5)
  now = minutesAgo(-3 * 1440)
  await seedCalls(app.db, [{ ago: -60, count: 2 }])
  expect(await read()).toBe(7)
  await seedCalls(app.db, [{ ago: -3 * 1440 + 5, count: 1 }])
  expect(await read()).toBe(8)
  now = minutesAgo(-6 * 1440)
  expect(await read()).toBe(8)
})
