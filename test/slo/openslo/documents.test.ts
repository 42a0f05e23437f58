import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { generationOf } from '../../../slo/generation.ts'
import type { CallsIndicator, Slo } from '../../../slo/model.ts'
import { sloSchema } from '../../../slo/slo-schema.ts'
import { brief, planText, SLO_TEXT } from './text.ts'

const fixture = (name: string) => readFile(new URL(`../../fixtures/slo/${name}`, import.meta.url), 'utf8')

/** The one SLO of a text that must be accepted. */
function accepted(text: string): Slo {
  const { slos, problems } = planText(text)
  expect(problems.filter(({ severity }) => severity === 'error').map(brief)).toEqual([])
  expect(slos).toHaveLength(1)
  const slo = slos[0]?.slo
  if (!slo) throw new Error('no SLO')
  return slo
}
/** Its SLI, which must be measured from calls. */
function callsOf({ indicator }: Slo): CallsIndicator {
  if (indicator.source !== 'calls') throw new Error(`measured from ${indicator.source}`)
  return indicator
}
const edit = (from: string, to: string) => {
  expect(SLO_TEXT).toContain(from)
  return SLO_TEXT.replace(from, to)
}
const warnings = (text: string) => planText(text).problems.map(brief)

describe('an SLO', () => {
  it('of a dependency: references, inherited annotations and labels are resolved', async () => {
    const slo = accepted(await fixture('dependency-availability.yaml'))
    const calls = {
      source: 'calls',
      attributes: {},
      fields: { service: { in: ['checkout'] }, dependency: { in: ['stripe'] } },
      direction: 'outbound',
      synthetic: false,
      latency: null,
    }
    expect(slo).toEqual({
      name: 'checkout-stripe-availability',
      displayName: 'Stripe answers',
      description: 'What customers feel when Stripe fails',
      service: 'checkout',
      labels: { team: 'payments-core', regions: 'eu,us', tier: '1' },
      owner: 'payments-oncall',
      runbook: 'https://runbooks.example.com/checkout',
      indicator: {
        source: 'calls',
        name: 'stripe-availability',
        numerator: {
          counts: 'bad',
          selection: { ...calls, outcome: { in: ['connection', 'server_error', 'timeout'] } },
        },
        total: { ...calls, outcome: { notIn: ['cancelled'] } },
      },
      generation: expect.stringMatching(/^[0-9a-f]{16}$/),
      objective: {
        targetPpm: 999_500,
        budgetPpm: 500,
        method: 'occurrences',
        window: { kind: 'rolling', minutes: 43_200, duration: '30d' },
        slice: null,
        noData: 'gap',
      },
      tiers: [
        { severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 14.4 },
        { severity: 'page', longMinutes: 360, shortMinutes: 30, factor: 6 },
        { severity: 'ticket', longMinutes: 1440, shortMinutes: 120, factor: 3 },
        { severity: 'ticket', longMinutes: 4320, shortMinutes: 360, factor: 1 },
      ],
      guards: { minEvents: 20, minBadEvents: 5 },
      alerting: 'mwmb',
      policies: null,
      settleMinutes: 0,
    })
  })
  it('of latency, as JSON in a list', async () => {
    const slo = accepted(await fixture('search-latency.json'))
    const { objective } = slo
    const indicator = callsOf(slo)
    expect(indicator.numerator).toEqual({
      counts: 'good',
      selection: {
        source: 'calls',
        attributes: {},
        fields: {
          env: { in: ['prod'] },
          service: { in: ['search'] },
          operation: { in: ['GET /search', 'GET /suggest'] },
        },
        direction: 'inbound',
        synthetic: false,
        outcome: { notIn: ['cancelled'] },
        latency: { op: 'lte', ns: 300_000_000 },
      },
    })
    expect(indicator.total.latency).toBeNull()
    expect(objective).toMatchObject({ targetPpm: 950_000, window: { minutes: 40_320 } })
  })
  it('is stored and read back as it was', async () => {
    const slo = accepted(await fixture('dependency-availability.yaml'))
    expect(sloSchema.parse(JSON.parse(JSON.stringify(slo)))).toEqual(slo)
  })
})

describe('targets are exact parts per million', () => {
  it.each([
    ['target: 0.999', 999_000],
    ['target: 0.9995', 999_500],
    ['target: 0.999999', 999_999],
    ['target: 0.57', 570_000],
    ['target: 0.29', 290_000],
    ['target: 0.000001', 1],
    ['targetPercent: 99.9', 999_000],
    ['targetPercent: 99.9999', 999_999],
    ['targetPercent: 95', 950_000],
  ])('%s', (text, ppm) => {
    const annotated = edit('  name: pay\n', '  name: pay\n  annotations: { plumbline.dev/alert-mode: "off" }\n')
    expect(accepted(annotated.replace('target: 0.999', text)).objective).toMatchObject({
      targetPpm: ppm,
      budgetPpm: 1_000_000 - ppm,
    })
  })
  it('0 % is accepted where alerts are off', () => {
    const off = edit('  name: pay\n', '  name: pay\n  annotations: { plumbline.dev/alert-mode: "off" }\n')
    const slo = accepted(off.replace('target: 0.999', 'target: 0'))
    expect(slo).toMatchObject({ objective: { targetPpm: 0 }, alerting: 'off', tiers: [] })
  })
})

describe('selectors', () => {
  const selection = (lines: string) =>
    callsOf(accepted(SLO_TEXT.replaceAll('dependency: stripe\n', `dependency: stripe\n              ${lines}\n`))).total
  it.each([
    ['version: "1.0"', { version: { in: ['1.0'] } }],
    ['version: ["2", "1", "2"]', { version: { in: ['1', '2'] } }],
    ['env: { not: dev }', { env: { notIn: ['dev'] } }],
    ['env: { not: [test, dev] }', { env: { notIn: ['dev', 'test'] } }],
    ['protocol: [http, grpc]', { protocol: { in: ['grpc', 'http'] } }],
    ['operation: ""', { operation: { in: [''] } }],
  ])('%s', (line, fields) => {
    expect(selection(line).fields).toEqual({ dependency: { in: ['stripe'] }, ...fields })
  })
  it.each([
    ['direction: inbound', 'inbound'],
    ['direction: [outbound]', 'outbound'],
    ['direction: { not: outbound }', 'inbound'],
    ['env: prod', 'outbound'],
  ])('%s counts calls that are %s', (line, direction) => {
    expect(selection(line).direction).toBe(direction)
  })
  it('without a dependency calls are counted where they arrive', () => {
    const slo = accepted(SLO_TEXT.replaceAll('dependency: stripe', 'service: checkout'))
    expect(callsOf(slo).total.direction).toBe('inbound')
  })
  it('probes count where asked for', () => {
    expect(selection('env: prod').synthetic).toBe(false)
    expect(selection('synthetic: true').synthetic).toBe(true)
  })
  it('latency on top of an outcome', () => {
    const slo = accepted(edit('outcome: ok', 'outcome: ok\n              latency: { lt: 1.5s }'))
    expect(callsOf(slo).numerator.selection).toMatchObject({
      outcome: { in: ['ok'] },
      latency: { op: 'lt', ns: 1_500_000_000 },
    })
  })
  it('outcomes of the total', () => {
    const slo = accepted(
      SLO_TEXT.replace(
        /stripe\n {2}timeWindow/,
        'stripe\n              outcome: { not: [client_error, cancelled] }\n  timeWindow',
      ),
    )
    expect(callsOf(slo).total.outcome).toEqual({ notIn: ['cancelled', 'client_error'] })
  })
})

describe('the generation', () => {
  const generation = (text: string) => accepted(text).generation
  const base = generation(SLO_TEXT)
  it.each([
    ['another target', edit('target: 0.999', 'target: 0.99')],
    ['another window', edit('duration: 30d', 'duration: 7d')],
    ['another name of the SLO', edit('name: pay\n', 'name: pays\n')],
    [
      'defaults spelt out',
      edit('outcome: ok', 'outcome: ok\n              direction: outbound\n              synthetic: false'),
    ],
  ])('stays with %s', (_, text) => {
    expect(generation(text)).toBe(base)
  })
  it.each([
    ['other outcomes', edit('outcome: ok', 'outcome: [ok, throttled]')],
    ['a latency', edit('outcome: ok', 'outcome: ok\n              latency: { lte: 1s }')],
    ['another dependency', SLO_TEXT.replaceAll('stripe', 'adyen')],
    ['another indicator', edit('name: pay-availability', 'name: pay-success')],
    ['good counted as bad', edit('good:', 'bad:')],
  ])('changes with %s', (_, text) => {
    expect(generation(text)).not.toBe(base)
  })
  it('does not depend on the order in which properties were written', () => {
    const { indicator } = accepted(SLO_TEXT)
    const reversed = Object.fromEntries(Object.entries(indicator).reverse()) as typeof indicator
    expect(generationOf(reversed)).toBe(base)
  })
})

describe('what the specification leaves open is assumed and said', () => {
  it.each([
    {
      name: 'no time window',
      text: edit('  timeWindow:\n    - duration: 30d\n      isRolling: true\n', ''),
      said: ['5 spec.timeWindow required'],
    },
    {
      name: 'no budgeting method',
      text: edit('  budgetingMethod: Occurrences\n', ''),
      said: ['5 spec.budgetingMethod required'],
    },
    {
      name: 'op on a ratio',
      text: edit('target: 0.999', 'target: 0.999\n      op: gt'),
      said: ['32 spec.objectives[0].op ignored_on_ratio'],
    },
    {
      name: 'capitals in a name',
      text: edit('name: pay\n', 'name: Pay\n'),
      said: ['4 metadata.name string_dns_label'],
    },
    {
      name: 'a bare number of minutes',
      text: edit('target: 0.999', 'target: 0.999\n      timeSliceWindow: 5'),
      said: ['32 spec.objectives[0].timeSliceWindow number_is_minutes'],
    },
    { name: 'nothing after alertPolicies', text: `${SLO_TEXT}  alertPolicies:\n`, said: [] },
    {
      name: 'a numerator without the selectors of total',
      text: edit(
        '              dependency: stripe\n              outcome: ok',
        '              direction: outbound\n              outcome: ok',
      ),
      said: ['12 spec.indicator.spec.ratioMetric.good beyond_total'],
    },
    {
      name: 'a Service defined twice',
      text: `${SLO_TEXT}---\n${'apiVersion: openslo/v1\nkind: Service\nmetadata: { name: checkout }\n---\n'.repeat(2)}`,
      said: ['39 metadata.name duplicate_name'],
    },
  ])('$name', ({ text, said }) => {
    accepted(text)
    const found = warnings(text).filter((line) => !line.endsWith('fires_while_on_track'))
    expect(found).toEqual(said)
  })
  it('28 days and Occurrences are what is assumed', () => {
    const bare = SLO_TEXT.replace(/ {2}timeWindow:[\s\S]*?Occurrences\n/, '')
    expect(accepted(bare).objective).toMatchObject({
      method: 'occurrences',
      window: { minutes: 40_320, duration: '28d' },
      slice: null,
      noData: 'gap',
    })
  })
})

it('an unquoted date stays text and anchors are followed', () => {
  const calendar = edit(
    '      isRolling: true',
    '      calendar: { startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin }',
  )
  expect(accepted(calendar).objective.window).toEqual({
    kind: 'calendar',
    minutes: 43_200,
    duration: '30d',
    start: '2026-01-01 00:00:00',
    timeZone: 'Europe/Berlin',
  })
  const anchored = SLO_TEXT.replace('good:\n          metricSource:', 'good:\n          metricSource: &calls').replace(
    /total:[\s\S]*?stripe\n {2}time/,
    'total:\n          metricSource:\n            <<: *calls\n            spec: { source: calls, dependency: stripe }\n  time',
  )
  expect(accepted(anchored).indicator).toEqual(accepted(SLO_TEXT).indicator)
})

it('a DataSource of type plumbline gives its type to the metrics that name it', () => {
  const text = `${SLO_TEXT.replaceAll('type: plumbline', 'metricSourceRef: own')}---
apiVersion: openslo/v1
kind: DataSource
metadata: { name: own }
spec: { type: plumbline, connectionDetails: [] }
`
  expect(accepted(text).indicator).toEqual(accepted(SLO_TEXT).indicator)
})
