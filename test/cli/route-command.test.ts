import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { labelsFrom, routeAnswer, routeText } from '../../cli/route-command.ts'
import { loadConfig } from '../../runtime/config.ts'
import { run } from '../e2e/plumbline.ts'

const SATURDAY = new Date('2026-06-13T10:00:00Z')
const hook = { type: 'webhook', url: 'https://hooks.example/x' }
const VALUES = {
  endpoints: [
    { ...hook, name: 'oncall', fallback: 'backup' },
    { ...hook, name: 'desk' },
    { ...hook, name: 'backup', escalationOnly: true },
  ],
  routes: [
    {
      match: { owner: 'payments' },
      endpoints: ['desk'],
      escalation: [{ after: '15m', to: ['backup'] }],
      quietHours: { timeZone: 'Europe/Berlin', hours: ['20:00-07:00'], days: ['sat', 'sun'] },
      routes: [{ match: { severity: 'page', service: '=~check.+' }, endpoints: ['oncall'] }],
    },
    { match: { severity: 'page' }, endpoints: ['oncall'], repeat: '1h' },
  ],
}
const config = loadConfig({ env: {}, overrides: VALUES })
const policies = (endpoints: string[]) => ({
  policies: { endpoints, whenBreaching: true, whenResolved: true, whenNoData: false },
})

describe('where an alert would go, in words', () => {
  test('a page, by way of an inner route', () => {
    const labels = { severity: 'page', owner: 'payments', service: 'checkout' }
    expect(routeText(routeAnswer(config, labels, null, SATURDAY))).toBe(
      [
        'severity="page" owner="payments" service="checkout"',
        '  told:       oncall (fallback backup)',
        '  matched:    routes[0] (owner="payments")',
        '            → routes[0].routes[0] (severity="page", service=~"check.+")',
        '  group wait: 0 s, repeat every 4 h',
        '  escalation: after 15 m without acknowledgement → backup',
      ].join('\n'),
    )
  })

  test('a ticket on a weekend waits', () => {
    const text = routeText(routeAnswer(config, { severity: 'ticket', owner: 'payments' }, null, SATURDAY))
    expect(text).toContain(
      'quiet:      20:00-07:00, sat, sun in Europe/Berlin; now it would wait until 2026-06-15T05:00:00.000Z',
    )
    expect(text).not.toContain('escalation')
  })

  test('an alert that no route takes', () => {
    const text = routeText(routeAnswer(config, { severity: 'ticket' }, null, SATURDAY))
    expect(text).toContain('told:       nobody')
    expect(text).toContain('matched:    no route')
  })

  test('endpoints that the SLO names, and those it misspells', () => {
    const page = { severity: 'page' }
    const named = routeAnswer(config, page, policies(['desk', 'dsek']), SATURDAY)
    expect(named).toMatchObject({ endpoints: [{ name: 'desk' }], namedBySlo: true, unknownTargets: ['dsek'] })
    const misspelled = routeAnswer(config, page, policies(['dsek']), SATURDAY)
    expect(misspelled).toMatchObject({ endpoints: [{ name: 'oncall' }], namedBySlo: false, repeatMs: 3_600_000 })
    expect(routeText(misspelled)).toContain('unknown:    dsek')
  })
})

test('alerts about Plumbline itself have a route of their own, and repeats are the configuration’s', () => {
  const own = loadConfig({
    env: {},
    overrides: { ...VALUES, alerting: { meta: { endpoints: ['desk'] }, repeat: { page: '2h' } } },
  })
  const answer = routeAnswer(own, { severity: 'page', env: 'plumbline' }, null, SATURDAY)
  expect(answer).toMatchObject({ endpoints: [{ name: 'desk' }], repeatMs: 7_200_000 })
})

describe('labels', () => {
  const rows: [string, string, Record<string, string>][] = [
    ['none', '', {}],
    ['several', 'severity=page, service=checkout', { severity: 'page', service: 'checkout' }],
    ['a comma in quotes', 'a="x,y",b=z', { a: 'x,y', b: 'z' }],
    ['an escaped quote', String.raw`a="x\"y"`, { a: 'x"y' }],
    ['an empty value', 'a=,b=', { a: '', b: '' }],
  ]
  test.each(rows)('%s', (_, text, labels) => expect(labelsFrom(text)).toEqual(labels))

  test.each(['page', 'a="x', '=x', 'a=b"c'])('%s is refused', (text) => {
    expect(() => labelsFrom(text)).toThrow('expected name=value')
  })
})

test('a label that stands twice is refused: one of the two was meant', () => {
  expect(() => labelsFrom('severity=page,severity=ticket')).toThrow('severity stands twice')
  expect(labelsFrom('constructor=x')).toEqual({ constructor: 'x' })
})

describe('the command', () => {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-route-'))
  const configPath = join(dir, 'plumbline.yaml')
  mkdirSync(join(dir, 'slos'))
  writeFileSync(configPath, JSON.stringify({ ...VALUES, sloDir: join(dir, 'slos') }))
  const route = (...args: string[]) => run(['route', '--config', configPath, ...args])

  test('prints JSON', async () => {
    const { code, stdout } = await route('--labels', 'severity=page,service=cart', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      routes: [{ matched: [{ at: 'routes[1]' }], endpoints: [{ name: 'oncall' }] }],
    })
  })

  test.each(['severity=PAGE', 'severity=page severity=ticket', "severity='page'"])(
    '%s is no severity',
    async (labels) => {
      const { code, stderr } = await route('--labels', labels)
      expect(code).toBe(2)
      expect(stderr).toContain('severity is page, ticket, info, not')
    },
  )

  test('without severity both are shown', async () => {
    const { code, stdout } = await route('--labels', 'service=cart')
    expect(code).toBe(0)
    expect(stdout).toMatch(/severity="page"[\s\S]+severity="ticket"[\s\S]+nobody/)
  })

  test('an SLO of the folder brings its labels', async () => {
    copyFileSync('slos/checkout.yaml', join(dir, 'slos', 'checkout.yaml'))
    const { stdout } = await route('--slo', 'checkout-availability', '--labels', 'severity=page')
    expect(stdout).toContain('slo="checkout-availability"')
    expect(stdout).toContain('service="checkout"')
  })

  test('exit code 1 when nobody is told, 2 for a mistake', async () => {
    expect(await route('--labels', 'severity=ticket')).toMatchObject({ code: 1 })
    const mistake = await route('--labels', 'severity')
    expect(mistake.code).toBe(2)
    expect(mistake.stderr).toContain('expected name=value')
    expect((await route('--slo', 'nope')).stderr).toContain('there is no SLO nope')
    expect(await route('--at', 'tomorrow')).toMatchObject({ code: 2 })
  })
})
