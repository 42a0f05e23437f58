import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { eventually, type Running, run, start, workplace } from './plumbline.ts'
import { startService } from './service.ts'

const MINUTE = 60_000
const CALLS = 1_500
const FAILED = 15

let place: ReturnType<typeof workplace>
let plumbline: Running
let env: Record<string, string>

const command = (...args: string[]) => run([...args, '--config', place.configPath], env)

/** 25 calls a minute over the last hour, one in a hundred of them failed. */
beforeAll(async () => {
  place = workplace({})
  plumbline = await start(place.configPath)
  env = { PLUMBLINE_PORTS_CLICKHOUSE: new URL(plumbline.clickhouse).port }
  const checkout = startService('checkout', plumbline.otlpHttp, 'protobuf')
  const from = Math.floor(Date.now() / MINUTE) * MINUTE - 62 * MINUTE
  for (let n = 0; n < CALLS; n++) {
    const status = n % (CALLS / FAILED) === 7 ? 503 : 200
    checkout.call({ dependency: 'acme-pay', status, at: from + n * ((60 * MINUTE) / CALLS), durationMs: 40 })
  }
  await checkout.flush()
  await checkout.stop()
  await eventually('the calls are counted', async () => {
    const { items } = await plumbline.get<{ items: unknown[] }>('/api/v1/dependencies')
    return items.length > 0
  })
}, 120_000)

afterAll(async () => {
  await plumbline?.stop()
  place?.[Symbol.dispose]()
})

describe('from traffic to an SLO with commands alone', { timeout: 120_000 }, () => {
  const file = () => join(place.dir, 'suggested.yaml')

  test('suggest writes OpenSLO that the traffic would have kept', async () => {
    const { code, stdout, stderr } = await command('suggest', '--days', '1')
    expect(stderr).toMatch(/plumbline: \d+ SLOs suggested from 1 day of traffic/)
    expect(code).toBe(0)
    const documents = parseAllDocuments(stdout).map((document) => document.toJS())
    const availability = documents.find(({ metadata }) => metadata.name === 'checkout-acme-pay-prod-availability')
    expect(availability.spec.objectives).toEqual([{ displayName: 'answered', target: 0.98 }])
    expect(stdout).toContain(`# Observed: ${FAILED} bad of 1,500;`)
    writeFileSync(file(), stdout)
  })

  test('validate finds nothing wrong with it, strictly', async () => {
    const { code, stdout } = await run(['validate', '--strict', file()])
    expect(stdout).toContain('all valid')
    expect(code).toBe(0)
  })

  test('backtest says what it would have said', async () => {
    const { code, stdout } = await command(
      'backtest',
      file(),
      '--days',
      '1',
      '--slo',
      'checkout-acme-pay-prod-availability',
    )
    expect(stdout).toContain('checkout-acme-pay-prod-availability: 98 % over 28d, by occurrences')
    expect(stdout).toContain('SLI      99 %: 15 bad of 1,500')
    expect(stdout).toContain('budget   50 % spent, 50 % left')
    expect(code).toBe(0)
  })

  test('backtest as JSON is one object an SLO', async () => {
    const { stdout } = await command('backtest', file(), '--days', '1', '--json')
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(results.map(({ slo }) => slo)).toContain('checkout-acme-pay-prod-latency-p95')
    expect(results[0].counts.total).toBe(CALLS)
  })

  test('in force, explain tells how it is measured', async () => {
    const text = (await command('suggest', '--days', '1')).stdout
    writeFileSync(join(place.dir, 'slos', 'suggested.yaml'), text)
    await eventually('it is in force', () =>
      plumbline.get('/api/v1/slos/checkout-acme-pay-prod-availability').then(
        () => true,
        () => false,
      ),
    )
    const { code, stdout } = await command('explain', 'checkout-acme-pay-prod-availability')
    expect(stdout).toContain('SELECT')
    expect(stdout).toContain('acme-pay')
    expect(code).toBe(0)
  })
})

describe('what cannot be done is said in a sentence', { timeout: 120_000 }, () => {
  test.each([
    ['a file that is not there', () => command('backtest', '/nowhere/slo.yaml'), 2, /nowhere/],
    ['days that are no number', () => command('suggest', '--days', 'many'), 2, /--days must be a whole number/],
    [
      'an SLO that the file does not have',
      () => command('backtest', join(place.dir, 'suggested.yaml'), '--slo', 'other'),
      1,
      /has no SLO other/,
    ],
    ['an SLO that is not known', () => command('explain', 'checkout-acme-pay-prod-availabilty'), 1, /availability/],
    ['a service that is not known', () => command('suggest', '--service', 'chekout'), 1, /did you mean checkout\?/],
    [
      'a range still to come',
      () => command('remeasure', 'checkout-acme-pay-prod-availability', '--from', '2100-01-01'),
      2,
      /still to come/,
    ],
    [
      'a Plumbline that does not run',
      () => run(['suggest', '--config', place.configPath], { PLUMBLINE_PORTS_CLICKHOUSE: '1' }),
      1,
      /start Plumbline first/,
    ],
  ])('%s', async (_, ask, wanted, words) => {
    const { code, stderr } = await ask()
    expect(stderr).toMatch(words)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(code).toBe(wanted)
  })
})

describe('an SLI that cannot be measured', { timeout: 120_000 }, () => {
  const WRITTEN = `
apiVersion: openslo/v1
kind: SLO
metadata: { name: written }
spec:
  service: checkout
  indicator:
    metadata: { name: written }
    spec:
      ratioMetric:
        rawType: success
        raw:
          metricSource:
            type: plumbline
            spec:
              source: sql
              query: SELECT minute, good, total FROM nowhere WHERE minute >= {from:DateTime} AND minute < {to:DateTime}
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]
`
  test('is told by backtest, with why, and the others of the file are told all the same', async () => {
    const file = join(place.dir, 'one-bad.yaml')
    writeFileSync(file, `${WRITTEN}---\n${(await command('suggest', '--days', '1')).stdout}`)
    const { code, stdout, stderr } = await command('backtest', file, '--days', '1')
    expect(stderr).toMatch(/written: cannot be measured: the SELECT fails: .*nowhere/)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(stdout).toContain('SLI      99 %: 15 bad of 1,500')
    expect(code).toBe(1)
    const json = await command('backtest', file, '--days', '1', '--slo', 'written', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ slo: 'written', error: expect.stringContaining('nowhere') })
  })

  test('is told by explain, which ends with 1', async () => {
    place.writeSlo('written.yaml', WRITTEN)
    await eventually('it is in force', () =>
      plumbline.get('/api/v1/slos/written').then(
        () => true,
        () => false,
      ),
    )
    const { code, stdout } = await command('explain', 'written')
    expect(stdout).toContain('cannot be measured: the SELECT fails')
    expect(code).toBe(1)
  })
})
