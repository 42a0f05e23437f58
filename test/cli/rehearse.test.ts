import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { rehearse } from '../../cli/rehearse/play.ts'
import type { Send } from '../../cli/rehearse/rehearsal.ts'
import { parseScenarios, type Scenario, type ScenarioPolicy } from '../../cli/rehearse/scenario.ts'
import { storyOf } from '../../cli/rehearse/story.ts'

/** Alerts that follow from the budget have rows of their own. */
const THREE_KINDS: ScenarioPolicy = { alert_kinds: ['SLOBurnRate', 'TelemetryAbsent', 'PlumblineBlind'] }

const TIERS = [
  { id: 'page 1h/5m', severity: 'page', long_min: 60, short_min: 5, factor: '14.4', share: '0.02' },
  { id: 'page 6h/30m', severity: 'page', long_min: 360, short_min: 30, factor: '6', share: '0.05' },
  { id: 'ticket 1d/2h', severity: 'ticket', long_min: 1440, short_min: 120, factor: '3', share: '0.1' },
  { id: 'ticket 3d/6h', severity: 'ticket', long_min: 4320, short_min: 360, factor: '1', share: '0.1' },
]
const slo = (name: string, changes: object = {}) => ({
  name,
  service: name,
  target_ppm: 999_000,
  window_days: 30,
  mode: 'burn-rate',
  tiers: TIERS,
  history: { good: 1000, total: 1000 },
  ...changes,
})

/** p takes pages, d tickets, c both; b is told when p fails, or does not react. */
const endpoints = (p: object = {}) => [
  { name: 'p', severities: ['page'], fallback: 'b', ...p },
  { name: 'd', severities: ['ticket'] },
  { name: 'c', severities: ['page', 'ticket'] },
  { name: 'b', severities: [], fallback_only: true },
]

/** Minutes [from, to) of SLO A: this many of 1,000 calls fail. */
const failing = (from: number, to: number, of1000 = 1000, name = 'A') => ({
  slo: name,
  from_min: from,
  to_min: to,
  good: 1000 - of1000,
  total: 1000,
})

function scenarioOf(changes: object): Scenario {
  const scenario = { id: 'X', slos: [slo('A')], endpoints: endpoints(), timeline: [], until_min: 500, ...changes }
  const parsed = parseScenarios(JSON.stringify({ format: 1, scenarios: [scenario] }))
  if ('faults' in parsed) throw new Error(parsed.faults.join('\n'))
  return parsed.file.scenarios[0]!
}

/** `p F first page @1`: endpoint, firing or resolved, reason, severity, minute; members where there are others than A. */
const sentence = ({ endpoint, event, reason, severity, at_s, slos }: Send) =>
  `${endpoint} ${event === 'firing' ? 'F' : 'R'} ${reason} ${severity} @${Math.round((at_s / 60) * 100) / 100}${slos.join() === 'A' ? '' : ` ${slos.join(' ')}`}`

/** By endpoint p, d, c, b within one instant. */
const ORDER = 'pdcb'
const inOrder = (sends: readonly Send[]) =>
  sends.toSorted(
    (a, b) =>
      a.at_s - b.at_s ||
      ORDER.indexOf(a.endpoint) - ORDER.indexOf(b.endpoint) ||
      (a.slos.join() < b.slos.join() ? -1 : 1),
  )

const rises = (minute: number, reason = 'first') => [`p F ${reason} page @${minute}`, `c F ${reason} page @${minute}`]
const falls = (minute: number) => [
  `p R deescalated page @${minute}`,
  `d F deescalated ticket @${minute}`,
  `c F deescalated ticket @${minute}`,
]
const pageEnds = (minute: number) => [`p R resolved page @${minute}`, `c R resolved page @${minute}`]
const ticketEnds = (minute: number) => [`d R resolved ticket @${minute}`, `c R resolved ticket @${minute}`]

const LONG_FAILURE = { timeline: [failing(0, 330, 100)], endpoints: endpoints({ escalation: ['b'] }), until_min: 800 }
const SHARED_ROOT = (name: string) => ({
  slo: name,
  from_min: 0,
  to_min: 1000,
  shares: { 'dependency:acme-pay/timeout': 0.9, 'service:cart/server_error': 0.1 },
  bad_traced: 400,
})

interface Row {
  is: object
  sends: string[]
}

/** The scenarios of docs/alerting.md, one evaluation per minute. */
const ROWS: Record<string, Row> = {
  'a total outage of ten minutes pages, falls to a ticket, ends': {
    is: { timeline: [failing(0, 10)] },
    sends: [...rises(1), ...falls(45), ...ticketEnds(400)],
  },
  'a total outage of one minute pages and ends without a ticket': {
    is: { timeline: [failing(0, 1)] },
    sends: [...rises(1), ...pageEnds(11)],
  },
  'a minute with 80 % failures is no alert': { is: { timeline: [failing(0, 1, 800)] }, sends: [] },
  '2 % failures for an hour page after 44 minutes': {
    is: { timeline: [failing(0, 60, 20)] },
    sends: [...rises(44), ...pageEnds(67)],
  },
  '1 % failures for five hours page by the 6 h tier': {
    is: { timeline: [failing(0, 300, 10)] },
    sends: [...rises(217), ...pageEnds(319)],
  },
  '0.5 % failures make a ticket after the group wait': {
    is: { timeline: [failing(0, 1000, 5)], until_min: 1500 },
    sends: ['d F first ticket @866', 'c F first ticket @866', ...ticketEnds(1326)],
  },
  'a burn of exactly 1 is no alert': { is: { timeline: [failing(0, 6000, 1)], until_min: 6400 }, sends: [] },
  'at 90 % the 6 h tier pages': {
    is: { slos: [slo('A', { target_ppm: 900_000, tiers: TIERS.slice(1) })], timeline: [failing(0, 240)] },
    sends: [...rises(217), ...pageEnds(259)],
  },
  'two outages within one episode are one stream': {
    is: { timeline: [failing(0, 2), failing(9, 11)] },
    sends: [...rises(1), ...pageEnds(46)],
  },
  'a ticket that becomes a page and falls back': {
    is: { timeline: [failing(0, 1200, 4), failing(1200, 1260, 50)], until_min: 2000 },
    sends: [
      'd F first ticket @1082',
      'c F first ticket @1082',
      ...rises(1214, 'escalated'),
      ...falls(1292),
      ...ticketEnds(1644),
    ],
  },
  'nothing but the hold band keeps a page open': {
    is: {
      slos: [slo('A', { history: { good: 10_000, total: 10_000 } })],
      timeline: [
        { slo: 'A', from_min: 0, to_min: 50, good: 9800, total: 10_000 },
        { slo: 'A', from_min: 50, to_min: 110, good: 9865, total: 10_000 },
      ],
    },
    sends: [...rises(44), ...pageEnds(116)],
  },
  'a page nobody acknowledges escalates and is repeated': {
    is: LONG_FAILURE,
    sends: [
      ...rises(9),
      'b F escalation_step page @24',
      ...rises(249, 'repeat'),
      ...falls(364),
      'b R deescalated page @364',
      ...ticketEnds(717),
    ],
  },
  'an acknowledged page does neither': {
    is: { ...LONG_FAILURE, actions: [{ do: 'ack', at_s: 900, by: 'sam', slos: ['A'] }] },
    sends: [...rises(9), ...falls(364), ...ticketEnds(717)],
  },
  'an acknowledgement that ends while the page goes on': {
    is: {
      ...LONG_FAILURE,
      policy: { ack_ttl_s: 3600 },
      actions: [{ do: 'ack', at_s: 900, by: 'sam' }],
    },
    sends: [
      ...rises(9),
      ...rises(75, 'ack_expired'),
      'b F escalation_step page @75',
      ...rises(315, 'repeat'),
      ...falls(364),
      'b R deescalated page @364',
      ...ticketEnds(717),
    ],
  },
  'a silence over the whole failure says nothing': {
    is: { timeline: [failing(0, 2)], actions: [{ do: 'silence', from_s: -600, to_s: 1800, slos: ['A'] }] },
    sends: [],
  },
  'a silence that begins after the page lets the end through': {
    is: { timeline: [failing(0, 2)], actions: [{ do: 'silence', from_s: 180, to_s: 3600, slos: ['A'] }] },
    sends: [...rises(1), ...pageEnds(12)],
  },
  'a silence that ends in the middle': {
    is: { timeline: [failing(0, 40)], actions: [{ do: 'silence', from_s: 0, to_s: 1200 }] },
    sends: [...rises(20, 'silence_ended'), ...falls(75), ...ticketEnds(430)],
  },
  'a silence of another SLO silences nothing': {
    is: {
      slos: [slo('A'), slo('B')],
      timeline: [failing(0, 2)],
      actions: [{ do: 'silence', from_s: 0, to_s: 1200, slos: ['B'] }],
    },
    sends: [...rises(1), ...pageEnds(12)],
  },
  'maintenance that ends in the middle': {
    is: { timeline: [failing(5, 45)], actions: [{ do: 'maintenance', from_s: 0, to_s: 1800, slos: ['A'] }] },
    sends: [...rises(30, 'maintenance_ended'), ...falls(80), ...ticketEnds(435)],
  },
  'maintenance that counts for no budget': {
    is: {
      timeline: [failing(5, 25)],
      actions: [{ do: 'maintenance', from_s: 0, to_s: 1800, slos: ['A'], exclude_from_budget: true }],
    },
    sends: [],
  },
  'telemetry lost in the middle of an outage: nothing ends while blind': {
    is: { timeline: [failing(0, 40)], blind: [{ from_min: 10, to_min: 30 }] },
    sends: [
      ...rises(1),
      'p F first page @15 plumbline#blind',
      'c F first page @15 plumbline#blind',
      'p R resolved page @35 plumbline#blind',
      'c R resolved page @35 plumbline#blind',
      ...falls(75),
      ...ticketEnds(430),
    ],
  },
  'failing minutes that arrive late page nobody': {
    is: { timeline: [failing(10, 20)], blind: [{ from_min: 10, to_min: 20, arrives_min: 55 }] },
    sends: [
      'p F first page @15 plumbline#blind',
      'c F first page @15 plumbline#blind',
      'p R resolved page @25 plumbline#blind',
      'c R resolved page @25 plumbline#blind',
      'd F first ticket @56',
      'c F first ticket @56',
      ...ticketEnds(410),
    ],
  },
  'no calls at all are neither healthy nor failing, and absent': {
    is: { timeline: [failing(0, 5), { slo: 'A', from_min: 5, to_min: 45, good: 0, total: 0 }] },
    sends: [
      ...rises(1),
      'd F first ticket @15 A#absent',
      'c F first ticket @15 A#absent',
      'p R deescalated page @51',
      'd F deescalated ticket @51',
      'd R resolved ticket @51 A#absent',
      'c F deescalated ticket @51',
      'c R resolved ticket @51 A#absent',
      ...ticketEnds(395),
    ],
  },
  'one failure where there is one call a minute is no alert': {
    is: {
      slos: [slo('A', { history: { good: 1, total: 1 } })],
      timeline: [{ slo: 'A', from_min: 0, to_min: 1, good: 0, total: 1 }],
      until_min: 5000,
    },
    sends: [],
  },
  'one dependency takes two SLOs down and a third follows: one incident': {
    is: {
      slos: [slo('A'), slo('B'), slo('C')],
      timeline: [failing(0, 20), failing(0, 20, 1000, 'B'), failing(3, 20, 1000, 'C')],
      origins: ['A', 'B', 'C'].map(SHARED_ROOT),
    },
    sends: [
      ...rises(1).map((text) => `${text} A B`),
      ...rises(6, 'members_added').map((text) => `${text} A B C`),
      ...falls(55).map((text) => `${text} A B C`),
      ...ticketEnds(410).map((text) => `${text} A B C`),
    ],
  },
  'a page that is refused for a while reaches the fallback, and the pager later': {
    is: { timeline: [failing(0, 2)], endpoint_behaviour: [{ endpoint: 'p', from_s: 0, to_s: 300, respond: 503 }] },
    sends: [
      'c F first page @1',
      'b F fallback page @2',
      'p F first page @6',
      'p R resolved page @12',
      'c R resolved page @12',
      'b R resolved page @12',
    ],
  },
  'who was never reached is owed nothing': {
    is: {
      timeline: [failing(0, 1)],
      endpoint_behaviour: [{ endpoint: 'p', from_s: 0, to_s: 1140, respond: 'refused' }],
    },
    sends: ['c F first page @1', 'b F fallback page @2', 'c R resolved page @11', 'b R resolved page @11'],
  },
  'who may have been reached is owed the end': {
    is: {
      timeline: [failing(0, 1)],
      endpoint_behaviour: [{ endpoint: 'p', from_s: 0, to_s: 1140, respond: 'timeout' }],
    },
    sends: [
      'c F first page @1',
      'b F fallback page @2.17',
      'c R resolved page @11',
      'b R resolved page @11',
      'p R resolved page @21',
    ],
  },
}

describe('incidents rehearsed, one evaluation per minute', () => {
  for (const [title, { is, sends }] of Object.entries(ROWS)) {
    it(title, async () => {
      const rehearsal = await rehearse(scenarioOf(is), THREE_KINDS, { intervalSeconds: 60 })
      expect(inOrder(rehearsal.sends).map(sentence)).toEqual(sends)
    })
  }

  it('a new incident after the end of the last one is another stream', async () => {
    const { sends } = await rehearse(scenarioOf({ timeline: [failing(0, 1), failing(100, 101)] }), THREE_KINDS, {
      intervalSeconds: 60,
    })
    expect(new Set(sends.map(({ incident }) => incident)).size).toBe(2)
  })

  it('prints the same twice', async () => {
    const once = await rehearse(scenarioOf({ timeline: [failing(0, 10)] }), THREE_KINDS)
    expect(await rehearse(scenarioOf({ timeline: [failing(0, 10)] }), THREE_KINDS)).toEqual(once)
  })
})

describe('a policy of its own', () => {
  const rehearsed = async (is: object) =>
    inOrder((await rehearse(scenarioOf(is), THREE_KINDS, { intervalSeconds: 60 })).sends).map(sentence)
  const refused = { endpoint_behaviour: [{ endpoint: 'p', from_s: 0, to_s: 200, respond: 503 }], until_min: 10 }

  it('other retries and an earlier fallback', async () => {
    const policy = { page_retry_s: [0, 30, 240], fallback_after_s: 30 }
    expect(await rehearsed({ timeline: [failing(0, 2)], policy, ...refused })).toEqual([
      'c F first page @1',
      'b F fallback page @1.5',
      'p F first page @5',
    ])
  })
  it('an earlier absence', async () => {
    const silent = [{ slo: 'A', from_min: 0, to_min: 20, good: 0, total: 0 }]
    expect(await rehearsed({ timeline: silent, policy: { absent_after_min: 3 }, until_min: 10 })).toEqual([
      'd F first ticket @3 A#absent',
      'c F first ticket @3 A#absent',
    ])
  })
  it('other waits', async () => {
    const policy = { keep_firing_s: { page: 60, ticket: 60 }, repeat_s: { page: 120, ticket: 120 } }
    expect(await rehearsed({ timeline: [failing(0, 1)], policy, until_min: 20 })).toEqual([
      ...rises(1),
      ...rises(3, 'repeat'),
      ...rises(5, 'repeat'),
      ...pageEnds(7),
    ])
  })
})

describe('members whose cause changes', () => {
  const share = (name: string, from: number, to: number, root: string) => ({
    slo: name,
    from_min: from,
    to_min: to,
    shares: { [root]: 1 },
    bad_traced: 400,
  })
  const PAY = 'dependency:acme-pay/timeout'
  const two = { slos: [slo('A'), slo('B')], timeline: [failing(0, 60), failing(0, 60, 1000, 'B')] }

  it('two incidents found to share a root: the younger stops sending and still ends', async () => {
    const { sends, unsent } = await rehearse(
      scenarioOf({
        ...two,
        timeline: [failing(0, 30), failing(2, 30, 1000, 'B')],
        origins: [share('A', 5, 1000, PAY), share('B', 5, 1000, PAY)],
      }),
      THREE_KINDS,
      { intervalSeconds: 60 },
    )
    const [elder, younger] = [...new Set(sends.map(({ incident }) => incident))]
    const said = (id: string | undefined) => inOrder(sends.filter(({ incident }) => incident === id)).map(sentence)
    expect(said(younger)).toEqual([
      'p F first page @3 B',
      'c F first page @3 B',
      'p R deescalated page @65 B',
      'c R resolved ticket @420 B',
    ])
    expect(said(elder).slice(0, 5)).toEqual([...rises(1), ...falls(65).map((text) => `${text} A B`)])
    expect(unsent.some(({ incident, reason }) => incident === younger && reason === 'grouped_under_root')).toBe(true)
  })

  it('a member with another cause for ten minutes leaves, and who knew of it is not told again', async () => {
    const { sends } = await rehearse(
      scenarioOf({
        ...two,
        origins: [share('A', 0, 1000, PAY), share('B', 0, 5, PAY), share('B', 5, 1000, 'service:cart/server_error')],
      }),
      THREE_KINDS,
      { intervalSeconds: 60 },
    )
    expect(new Set(sends.map(({ incident }) => incident)).size).toBe(2)
    expect(inOrder(sends).map(sentence).slice(0, 5)).toEqual([
      ...rises(1).map((text) => `${text} A B`),
      'p R deescalated page @95 A B',
      'd F deescalated ticket @95',
      'd F first ticket @95 B',
    ])
  })
})

describe('a scenario file', () => {
  const faultsOf = (file: unknown) => {
    const parsed = parseScenarios(typeof file === 'string' ? file : JSON.stringify(file))
    return 'faults' in parsed ? parsed.faults : []
  }
  const with_ = (changes: object) => ({
    format: 1,
    scenarios: [{ id: 'X', slos: [slo('A')], endpoints: endpoints(), until_min: 60, ...changes }],
  })
  const silence = (from_s: number, to_s: number) => ({ actions: [{ do: 'silence', from_s, to_s }] })
  const tiers = (...changes: object[]) =>
    with_({ slos: [slo('A', { tiers: changes.map((each) => ({ ...TIERS[0], ...each })) })] })
  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /^1: /],
    ['no YAML', 'format: 1\nscenarios: [', /^2: /],
    ['another format', { ...with_({}), format: 2 }, /: format: expected 1/],
    ['no SLO', with_({ slos: [] }), /: scenarios\[0\]\.slos: /],
    ['a misspelled key', with_({ timelin: [] }), /: scenarios\[0\]\.timelin: unknown key; did you mean timeline\?/],
    ['a key that belongs elsewhere', tiers({ target_ppm: 1 }), /tiers\[0\]\.target_ppm: unknown key/],
    ['something missing', with_({ until_min: undefined }), /: scenarios\[0\]\.until_min: is missing/],
    [
      'an SLO that is not there',
      with_({ timeline: [failing(0, 1, 1, 'Z')] }),
      /: scenarios\[0\]\.timeline\[0\]\.slo: there is no SLO Z in this scenario; did you mean A\?/,
    ],
    [
      'an endpoint that is not there',
      with_({ endpoints: endpoints({ fallback: 'z' }) }),
      /: scenarios\[0\]\.endpoints\[0\]\.fallback: there is no endpoint z /,
    ],
    [
      'a silence of an SLO that is not there',
      with_({ actions: [{ do: 'ack', at_s: 1, by: 'sam', slos: ['Z'] }] }),
      /slos\[0\]: there is no SLO Z/,
    ],
    ['a fallback to itself', with_({ endpoints: endpoints({ fallback: 'p' }) }), /p cannot be its own fallback/],
    ['two SLOs of one name', with_({ slos: [slo('A'), slo('A')] }), /slos\[1\]\.name: there are two A/],
    [
      'two endpoints of one name',
      with_({ endpoints: [...endpoints(), ...endpoints()] }),
      /endpoints\[4\]\.name: there are two p/,
    ],
    [
      'two scenarios of one id',
      { format: 1, scenarios: [...with_({}).scenarios, ...with_({}).scenarios] },
      /scenarios\[1\]\.id: there are two X/,
    ],
    ['a factor that is no decimal text', tiers({ factor: 14.4 }), /factor: expected a decimal number as text/],
    [
      'a factor that no burn reaches',
      with_({ slos: [slo('A', { target_ppm: 900_000 })] }),
      /tiers\[0\]\.factor: can never fire: the highest burn at this target is 10/,
    ],
    [
      'a tier whose short window is the longer one',
      tiers({ short_min: 90 }),
      /short_min: must be at most long_min, 60/,
    ],
    [
      'a tier as long as the window of the SLO',
      with_({ slos: [slo('A', { window_days: 3 })] }),
      /tiers\[3\]\.long_min: must be less than the window/,
    ],
    ['two tiers alike', tiers({}, { id: 'another' }), /there are two tiers page 1h\/5m/],
    [
      'a share that decides and is missing',
      with_({ slos: [slo('A', { mode: 'budget-share', tiers: [{ ...TIERS[0], share: undefined }] })] }),
      /share: is missing/,
    ],
    [
      'an action nobody knows',
      with_({ actions: [{ do: 'akc' }] }),
      /: scenarios\[0\]\.actions\[0\]\.do: is not known: akc; did you mean ack\?/,
    ],
    [
      'a duration as text',
      with_({ timeline: [{ ...failing(0, 1), from_min: '5m' }] }),
      /from_min: expected whole minutes, as a number/,
    ],
    ['more good than total', with_({ timeline: [{ ...failing(0, 1), good: 1001 }] }), /good exceeds total/],
    [
      'a negative wait',
      with_({ policy: { page_retry_s: [0, -1] } }),
      /policy\.page_retry_s\[1\]: expected seconds, 0 or more/,
    ],
    [
      'retries out of order',
      with_({ policy: { page_retry_s: [0, 5, 2] } }),
      /page_retry_s: expected ascending offsets/,
    ],
    [
      'minutes that end before they begin',
      with_({ timeline: [failing(5, 5)] }),
      /timeline\[0\]\.to_min: must be after from_min, 5/,
    ],
    [
      'an answer nobody gives',
      with_({ endpoint_behaviour: [{ endpoint: 'p', from_s: 0, to_s: 9, respond: 'refusd' }] }),
      /respond: expected an HTTP status, refused, timeout, or/,
    ],
    ['a silence that ends before it begins', with_(silence(60, 30)), /actions\[0\]\.to_s: must be after from_s, 60/],
    ['a silence after the end', with_(silence(4000, 5000)), /actions\[0\]\.from_s: is after the end: until_min is 60/],
    [
      'an acknowledgement after the end',
      with_({ actions: [{ do: 'ack', at_s: 3601, by: 'sam' }] }),
      /at_s: is after the end/,
    ],
    [
      'minutes that arrive before they are over',
      with_({ blind: [{ from_min: 1, to_min: 5, arrives_min: 4 }] }),
      /arrives_min: must not be before to_min, 5/,
    ],
    [
      'shares of more than everything',
      with_({ origins: [{ slo: 'A', from_min: 0, to_min: 9, shares: { a: 0.7, b: 0.7 }, bad_traced: 30 }] }),
      /shares: add up to 1.4, more than 1/,
    ],
  ])('%s is refused, with its field', (_, file, fault) => {
    expect(faultsOf(file).join('\n')).toMatch(fault)
  })
  it('tells the line of each mistake, from top to bottom', () => {
    const text = `format: 1
scenarios:
  - id: X
    slos: []
    until_min: many
    endponts: []
`
    expect(faultsOf(text)).toEqual([
      '3: scenarios[0].endpoints: is missing',
      '4: scenarios[0].slos: name at least one SLO',
      '5: scenarios[0].until_min: expected a whole number',
      '6: scenarios[0].endponts: unknown key; did you mean endpoints?',
    ])
  })
  it('may say anything to whoever checks an implementation', () => {
    expect(faultsOf({ ...with_({ why: 'x', expect: [1], expect_budget: {} }), conventions: {} })).toEqual([])
  })
})

describe('plumbline rehearse', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rehearse-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
  const file = (name: string, content: unknown) => {
    const path = join(folder, name)
    writeFileSync(path, JSON.stringify(content))
    return path
  }
  const given = {
    format: 1,
    scenarios: [
      {
        id: 'X',
        title: 'one minute',
        slos: [slo('A')],
        endpoints: endpoints(),
        timeline: [failing(0, 1)],
        until_min: 100,
      },
    ],
  }

  it('prints one JSON object per accepted delivery', () => {
    const lines = execFileSync(process.execPath, [MAIN, 'rehearse', file('a.json', given), '--json'], {
      encoding: 'utf8',
    })
    const [first, ...others] = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(Object.keys(first ?? {})).toEqual([
      'scenario',
      'endpoint',
      'event',
      'reason',
      'severity',
      'slos',
      'root_cause',
      'incident',
      'at_s',
      'evidence',
    ])
    expect(first).toMatchObject({
      scenario: 'X',
      event: 'firing',
      at_s: 55,
      evidence: [{ slo: 'A', tier: 'page 1h/5m', long: { good: 59_000, total: 59_916 } }],
    })
    expect(others).toHaveLength(3)
  })

  it('tells people who is told what, when and why, and who is not', async () => {
    const scenario = scenarioOf({ title: 'one minute', timeline: [failing(0, 1)], until_min: 100 })
    const story = storyOf(scenario, await rehearse(scenario, {}, { intervalSeconds: 60 }))
    expect(story).toContain('0:01:00  → p          PAGE            A burns 16.7x  [first]')
    expect(story).toContain('0:01:00  · d          not told        A  [absorbed_by_page]')
    expect(story).toContain('A [keep_firing]')
    expect(story).toContain('end. 4 messages arrived.')
  })

  it('tells which attempts failed, and what became of them', async () => {
    const respond = [
      { endpoint: 'p', from_s: 0, to_s: 100, respond: 503 },
      { endpoint: 'c', from_s: 0, to_s: 1000, respond: 400 },
    ]
    const scenario = scenarioOf({ timeline: [failing(0, 1)], endpoint_behaviour: respond, until_min: 15 })
    const story = storyOf(scenario, await rehearse(scenario, {}, { intervalSeconds: 60 }))
    expect(story).toContain('0:01:00  ✗ p          failed          A  [answered 503]')
    expect(story).toContain('0:01:00  ✗ c          failed          A  [answered 400]')
    expect(story).toContain('0:01:00  · c          not told        A  [given up]')
    expect(story).toContain('0:11:00  · c          not told        A  [never_announced]')
    expect(story).toContain('0:11:00  · d          not told        A  [severity_filter]')
  })

  it('a share decides in its mode, whatever factor stands beside it', async () => {
    const tier = { ...TIERS[0], factor: '1000', share: '0.02' }
    const scenario = scenarioOf({
      slos: [slo('A', { mode: 'budget-share', tiers: [tier] })],
      timeline: [failing(0, 60)],
      until_min: 20,
    })
    const { sends } = await rehearse(scenario, {}, { intervalSeconds: 60 })
    expect(inOrder(sends).map(sentence)).toEqual(rises(1))
  })

  it.each([
    [
      'an interval that is none',
      () => join(folder, 'none.json'),
      2,
      '--interval 90: expected whole seconds',
      ['--interval', '90'],
    ],
    [
      'an invalid file',
      () => file('bad.json', { format: 1, scenarios: [{}] }),
      1,
      'bad.json:1: scenarios[0].slos: is missing',
      [],
    ],
    ['a file that is not there', () => join(folder, 'none.json'), 2, 'cannot be read', []],
  ])('%s: exit code and reason', (_, path, code, reason, more) => {
    const args = [MAIN, 'rehearse', path(), ...more]
    const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect([status, stdout]).toEqual([code, ''])
    expect(stderr).toContain(reason)
  })
})

describe('the kinds of alert that play', () => {
  const outage = { timeline: [failing(0, 30)], until_min: 600 }
  const kindsIn = async (policy: ScenarioPolicy, is: object = outage) => {
    const { decided } = await rehearse(scenarioOf(is), policy, { intervalSeconds: 60 })
    return [...new Set(decided.map(({ alert }) => alert))].sort()
  }
  it('are all that the product sends, unless the policy names some', async () => {
    expect(await kindsIn({})).toEqual(['A', 'A#budget50', 'A#exhaustion'])
    expect(await kindsIn({ alert_kinds: ['SLOBurnRate', 'SLOExhaustion'] })).toEqual(['A', 'A#exhaustion'])
    expect(await kindsIn({ alert_kinds: ['SLOBudgetSpent'] })).toEqual(['A#budget50'])
  })
  it('a budget that is spent is a ticket of its own once the burn is over', async () => {
    const { sends } = await rehearse(scenarioOf(outage), {}, { intervalSeconds: 60 })
    expect(inOrder(sends).map(sentence).slice(-2)).toEqual([
      'd F first ticket @421 A#budget50',
      'c F first ticket @421 A#budget50',
    ])
  })
  it('an unknown one is a mistake', () => {
    const parsed = parseScenarios(JSON.stringify({ format: 1, policy: { alert_kinds: ['SLOBurn'] }, scenarios: [] }))
    expect('faults' in parsed && parsed.faults.join()).toContain('policy.alert_kinds[0]')
  })
})

describe('SLOs over the same calls', () => {
  const two = (service: string) => ({
    slos: [slo('A', { service: 'shop' }), slo('B', { service, target_ppm: 995_000 })],
    timeline: [failing(0, 20), failing(0, 20, 1000, 'B')],
    until_min: 15,
  })
  const incidentsOf = async (is: object) =>
    new Set(
      (await rehearse(scenarioOf(is), THREE_KINDS, { intervalSeconds: 60 })).sends.map(({ incident }) => incident),
    )
  it('are one incident although no trace shows a cause', async () => {
    expect((await incidentsOf(two('shop'))).size).toBe(1)
    expect((await incidentsOf(two('cart'))).size).toBe(2)
  })
  it('are one ticket when their telemetry stops', async () => {
    const silent = ['A', 'B'].map((name) => ({ slo: name, from_min: 0, to_min: 20, good: 0, total: 0 }))
    expect((await incidentsOf({ ...two('shop'), timeline: silent })).size).toBe(1)
  })
})

describe('a rehearsal of what has cleared', () => {
  const BLIP = { timeline: [failing(0, 2)], until_min: 30 }
  const sendsOf = async (is: object) =>
    inOrder((await rehearse(scenarioOf({ ...BLIP, ...is }), THREE_KINDS, { intervalSeconds: 60 })).sends).map(sentence)
  it('pages nobody at the next step of the escalation', async () => {
    const is = { endpoints: endpoints({ escalation: ['b'] }), policy: { escalate_after_s: 480 } }
    expect(await sendsOf(is)).toEqual([...rises(1), ...pageEnds(12)])
  })
  it('repeats nothing', async () => {
    expect(await sendsOf({ policy: { repeat_s: { page: 480, ticket: 480 } } })).toEqual([...rises(1), ...pageEnds(12)])
  })
  it.each(['silence', 'maintenance'])('is not told at the end of a %s', async (what) => {
    expect(await sendsOf({ actions: [{ do: what, from_s: -600, to_s: 480 }] })).toEqual([])
  })
  it('does not tell that an acknowledgement ended', async () => {
    const is = { actions: [{ do: 'ack', at_s: 120, by: 'sam' }], policy: { ack_ttl_s: 360 } }
    expect(await sendsOf(is)).toEqual([...rises(1), ...pageEnds(12)])
  })
})
