import { describe, expect, it } from 'vitest'
import { reviveFacts } from '../../evaluator/decide/incident-facts.ts'
import { parseOrigin } from '../../evaluator/decide/origin.ts'
import { answersOf } from '../../evaluator/deliver/answers.ts'
import { causeOf, summaryOf } from '../../evaluator/deliver/incident-text.ts'
import { headline, messageOf, wordOf } from '../../evaluator/deliver/message.ts'
import { OUTCOMES } from '../../integration/outcome.ts'
import type { BudgetOutlook } from '../../slo/alert/alert-facts.ts'
import type { Intent } from '../../slo/alert/alert-stream.ts'
import type { Suspect } from '../../slo/alert/incident.ts'
import { budget, details, facts, factsOfIncident, member, STARTED, TRACES, WATERMARK } from './facts.ts'

const intent = (changes: Partial<Intent> = {}): Intent => ({
  endpoint: 'pager',
  event: 'firing',
  reason: 'first',
  severity: 'page',
  replaces: null,
  sequence: 1,
  ...changes,
})
const URL_BASE = 'https://plumbline.example/'
const RESOLVED = new Date('2026-01-01T00:11:00Z')

describe('a page', () => {
  const message = messageOf(intent(), facts(), URL_BASE)
  const [alert] = message.alerts

  it('says what is broken, how bad, for whom, since when, who can fix it, what to do first, and where to look', () => {
    expect(alert?.annotations).toEqual({
      summary: 'checkout-availability burns 16.7x: acme-pay times out',
      description:
        '1,000 of 60,000 calls failed in 1 h (governing window), 200x in 5 m; 41 % of the 30 d budget left, empty in 17 h; since 2026-01-01 00:00 UTC',
      cause: 'share 0.82 of 400 bad traces, confidence high',
      impact: 'checkout, cart',
      who_can_fix: 'provider',
      first_step: 'check acme-pay status, consider the fallback provider',
      runbook_url: 'https://runbooks.example/acme-pay',
      dashboard_url: 'https://plumbline.example/incidents/inc_01JZ8Q2W7RN4V9T3M6D5XH1C0B',
      trace_url: `https://plumbline.example/traces/${TRACES[0]}`,
      trace_ids: TRACES.join(','),
      dependency: 'acme-pay',
      budget_left: '41 %, empty in 17 h',
    })
  })

  it('gives the calls as received next to the sampled count', () => {
    const sampled = facts({}, [member('a', { details: details({ seen: { good: 590, bad: 10 } }) })])
    expect(messageOf(intent(), sampled, URL_BASE).alerts[0]?.annotations.description).toMatch(
      /^1,000 of 60,000 calls failed by sampling weight, 10 of 600 as received, in 1 h/,
    )
  })

  it('that ends without recovery says what ended it, by whom, and what was measured last', () => {
    const ending = { reason: 'slo_removed', by: 'sam', why: '' } as const
    const endedAt = new Date('2026-01-01T01:00:00Z')
    const closed = facts({}, [member('a', { endedAt, ending })])
    const message = messageOf(
      { ...intent(), event: 'resolved', reason: 'slo_removed', endpoint: 'pager' },
      closed,
      URL_BASE,
    )
    expect(wordOf(message)).toBe('CLOSED')
    expect(message.alerts[0]?.annotations).toMatchObject({
      description: expect.stringMatching(
        /^not known to be over: a was removed by sam; last measured: .* of .* calls failed/,
      ),
      first_step: expect.stringMatching(/^check checkout yourself/),
    })
    expect(message.brief.howBad).toContain('was removed by sam')
  })

  it('is identified by labels that do not move', () => {
    expect(alert?.labels).toEqual({
      alertname: 'SLOBurnRate',
      env: 'prod',
      owner: 'payments',
      root_cause: 'dependency:acme-pay/timeout',
      service: 'checkout',
      severity: 'page',
      slo: 'checkout-availability',
    })
    expect(alert).toMatchObject({
      startsAt: STARTED,
      endsAt: null,
      generatorUrl: 'https://plumbline.example/slos/checkout-availability',
    })
  })

  it('carries the numbers of the governing window', () => {
    expect(message).toMatchObject({
      numbers: {
        tier: '1h/5m',
        governingWindow: '1h',
        burn: 16.666666666666668,
        counts: { good: 59_000, total: 60_000 },
      },
      groupLabels: { env: 'prod', root_cause: 'dependency:acme-pay/timeout' },
      externalUrl: 'https://plumbline.example',
      data: { watermark: WATERMARK, coverage: 1 },
    })
  })

  it('says plainly what is not known', () => {
    const numbers = details({ suspect: null, exemplars: [] })
    const lead = member('checkout-availability', {
      details: numbers,
      summary: summaryOf('checkout-availability', numbers),
      runbook: '',
      budget: null,
    })
    const unknown = factsOfIncident(
      { rootCause: '', members: [lead], details: numbers },
      { root: null, impact: [], exemplars: [], groupLabels: { env: 'prod', slo: 'checkout-availability' } },
    )
    const [bare] = messageOf(intent(), unknown, URL_BASE).alerts
    expect(bare?.labels).not.toHaveProperty('root_cause')
    for (const key of ['trace_url', 'trace_ids', 'dependency', 'runbook_url'])
      expect(bare?.annotations).not.toHaveProperty(key)
    expect(bare?.annotations).toMatchObject({
      summary: 'checkout-availability burns 16.7x',
      cause: 'not known: no failing call could be traced',
      impact: 'checkout',
      who_can_fix: 'not known: no failing call could be traced',
      first_step: 'look at what changed in checkout and at its bad events: no failing call could be traced',
      budget_left: 'not known',
    })
  })

  it('survives the journal', () => {
    expect(reviveFacts(JSON.parse(JSON.stringify(facts())))).toEqual(facts())
  })

  it('says when its numbers are the last ones known', () => {
    const { data } = facts()
    const frozen = messageOf(intent(), facts({ data: { ...data, frozen: true } }), URL_BASE)
    expect(frozen.alerts[0]?.annotations.data).toBe('frozen')
    expect(frozen.brief.isFrozen).toBe(true)
  })
})

describe('an incident of several alerts', () => {
  const MEMBERS = [member('a'), member('b', { service: 'cart' }), member('c', { endedAt: WATERMARK })]
  const message = messageOf(intent({ reason: 'members_added' }), facts({}, MEMBERS), URL_BASE)

  it('lists those that fire, then those that are over', () => {
    expect(message.alerts.map(({ labels, status, endsAt }) => [labels.slo, status, endsAt])).toEqual([
      ['a', 'firing', null],
      ['b', 'firing', null],
      ['c', 'resolved', WATERMARK],
    ])
  })

  it('leads with the first and counts the others that fire', () => {
    expect(headline(message.brief)).toBe('a burns 16.7x: acme-pay times out, and 1 more')
  })

  it('leaves out what is muted while something else fires', () => {
    const muted = [member('a', { mutedBy: 'silenced' }), member('b')]
    const told = messageOf(intent(), factsOfIncident({ members: muted }), URL_BASE)
    expect(told.alerts.map(({ labels }) => labels.slo)).toEqual(['b'])
    expect(headline(told.brief)).toBe('b burns 16.7x: acme-pay times out')
    const over = factsOfIncident({ state: 'resolved', resolvedAt: RESOLVED, members: muted })
    expect(messageOf(intent({ event: 'resolved', reason: 'resolved' }), over, URL_BASE).alerts).toHaveLength(2)
  })

  it('says what a burn has cost with the burn, not as alerts beside it', () => {
    const spent = (slo: string) => member(slo, { alert: `${slo}#budget50`, alertname: 'SLOBudgetSpent', details: null })
    for (const changes of [{}, { state: 'resolved', resolvedAt: RESOLVED }] as const) {
      const event = 'state' in changes ? ('resolved' as const) : ('firing' as const)
      const told = factsOfIncident({ ...changes, members: [member('a'), spent('a'), spent('b')] })
      const { alerts, brief } = messageOf(intent({ event }), told, URL_BASE)
      expect(alerts.map(({ labels }) => `${labels.alertname} ${labels.slo}`)).toEqual([
        'SLOBurnRate a',
        'SLOBudgetSpent b',
      ])
      expect(brief.others).toBe(1)
    }
  })

  it('ends with all of them', () => {
    const over = factsOfIncident({ state: 'resolved', resolvedAt: RESOLVED, members: MEMBERS })
    const { alerts } = messageOf(intent({ event: 'resolved', reason: 'resolved' }), over, URL_BASE)
    expect(alerts.map(({ status, endsAt }) => [status, endsAt])).toEqual([
      ['resolved', RESOLVED],
      ['resolved', RESOLVED],
      ['resolved', WATERMARK],
    ])
  })

  it('names ten services and counts the others', () => {
    const impact = Array.from({ length: 13 }, (_, n) => `s${n}`)
    expect(messageOf(intent(), facts({ impact }), URL_BASE).brief.forWhom).toBe(
      's0, s1, s2, s3, s4, s5, s6, s7, s8, s9 and 3 more',
    )
  })
})

describe('names from telemetry', () => {
  const EVIL = 'checkout\r\nFirst step: call +1 900\u001b[31m\u2028\u202Egnp.exe'
  const lead = member('checkout-availability', { service: EVIL, summary: `${EVIL} burns`, owner: EVIL })
  const told = factsOfIncident(
    { members: [lead] },
    { impact: [EVIL], deployments: [{ service: EVIL, version: EVIL, previousVersion: '', at: STARTED }] },
  )
  const message = messageOf(intent(), told, URL_BASE)

  it('make up no lines, colours or hidden texts', () => {
    const { deployments, impact: _, ...brief } = { ...message.brief, impact: '' }
    const texts = [...Object.values(brief), ...deployments, ...Object.values(message.alerts[0]!.annotations)]
    for (const text of texts) if (typeof text === 'string') expect(text).not.toMatch(/[\p{Cc}\u2028\u202e]/u)
    expect(message.brief.owner).toBe('checkout First step: call +1 900 [31m gnp.exe')
  })
  it('stay the identity of an alert', () => expect(message.alerts[0]?.labels.service).toBe(EVIL))
})

describe('a change of severity', () => {
  it('sends the old alert out resolved in the same message', () => {
    const { alerts } = messageOf(intent({ reason: 'escalated', replaces: 'ticket' }), facts(), URL_BASE)
    expect(alerts.map(({ status, labels, endsAt }) => [status, labels.severity, endsAt])).toEqual([
      ['firing', 'page', null],
      ['resolved', 'ticket', WATERMARK],
    ])
  })
})

describe('the end', () => {
  it('repeats what it was, and says when it was over', () => {
    const over = factsOfIncident({ state: 'resolved', resolvedAt: RESOLVED })
    const message = messageOf(intent({ event: 'resolved', reason: 'resolved' }), over, URL_BASE)
    const [alert] = message.alerts
    expect(alert).toMatchObject({ status: 'resolved', endsAt: RESOLVED })
    expect(alert?.labels).toEqual(messageOf(intent(), facts(), URL_BASE).alerts[0]?.labels)
    expect(alert?.annotations.description).toMatch(/^over at 2026-01-01 00:11 UTC after 11 min; 1,000 of 60,000 calls/)
    expect(message.brief).toMatchObject({ endedAt: RESOLVED, budgetSpent: expect.closeTo(0.59) })
  })
})

describe('an origin', () => {
  it.each([
    ['dependency:acme-pay/timeout', { kind: 'dependency', name: 'acme-pay', outcome: 'timeout' }],
    ['service:cart/server_error', { kind: 'service', name: 'cart', outcome: 'server_error' }],
    ['link:shop→cart/connection', { kind: 'link', name: 'shop→cart', outcome: 'connection' }],
    ['dependency:a/b/timeout', { kind: 'dependency', name: 'a/b', outcome: 'timeout' }],
    ['dependency:acme-pay/something new', { kind: 'dependency', name: 'acme-pay', outcome: 'unknown_error' }],
    ['', null],
    ['acme-pay', null],
  ])('%s', (text, origin) => expect(parseOrigin(text)).toEqual(origin))
})

describe('the text', () => {
  const lead = (told: ReturnType<typeof facts>) => answersOf(told.incident.members[0]!, told)
  const whoCanFix = (told: ReturnType<typeof facts>) => lead(told).whoCanFix
  const firstStep = (told: ReturnType<typeof facts>) => lead(told).firstStep
  const SUSPECT: Suspect = { dependency: 'acme-pay', outcome: 'timeout', bad: 328, share: 0.82 }
  const suspected = (suspect: Partial<Suspect>) =>
    factsOfIncident({ rootCause: '', details: details({ suspect: { ...SUSPECT, ...suspect } }) }, { root: null })
  const rootedIn = (origin: string) => factsOfIncident({ rootCause: origin }, { root: { ...facts().root!, origin } })

  it.each([
    ['timeout', 'times out', 'provider'],
    ['connection', 'cannot be reached', 'provider'],
    ['server_error', 'answers with server errors', 'provider'],
    ['ok', 'is slow', 'provider'],
    ['auth', 'refuses our credentials', 'us'],
    ['client_error', 'refuses our requests', 'us'],
    ['schema', 'answers in an unexpected form', 'us'],
    ['circuit_open', 'is cut off by our circuit breaker', 'us'],
    ['throttled', 'throttles us', 'quota'],
    ['unknown_error', 'fails', 'not known: calls to acme-pay end without a reason'],
    ['something new', 'fails', 'not known: calls to acme-pay end without a reason'],
  ])('of %s: %s, %s can fix it', (outcome, phrase, owner) => {
    expect(summaryOf('a', details({ suspect: { ...SUSPECT, outcome } }))).toBe(`a burns 16.7x: acme-pay ${phrase}`)
    expect(whoCanFix(suspected({ outcome }))).toBe(owner)
    expect(whoCanFix(rootedIn(`dependency:acme-pay/${outcome}`))).toBe(owner)
  })

  it.each(OUTCOMES)('has a first step for %s that names the dependency', (outcome) => {
    expect(firstStep(suspected({ outcome }))).toContain('acme-pay')
    expect(firstStep(rootedIn(`dependency:acme-pay/${outcome}`))).toContain('acme-pay')
  })

  it('of a root in our own services says that it is ours', () => {
    for (const root of ['service:cart/server_error', 'link:shop→cart/connection']) {
      expect(whoCanFix(rootedIn(root))).toBe('us')
      expect(firstStep(rootedIn(root))).toContain('cart')
    }
  })

  it('of a cause that is not sure says that it is not', () => {
    const weak = 'not known for sure; provider, if it is acme-pay'
    expect(whoCanFix(suspected({ share: 0.4, bad: 80 }))).toBe(weak)
    expect(whoCanFix(suspected({ share: 0.9, bad: 9 }))).toBe(weak)
    const { root } = facts()
    expect(whoCanFix(facts({ root: { ...root!, confidence: 'low' } }))).toBe(weak)
  })

  it('of a cause that is another one by now follows what is measured', () => {
    const { root } = facts()
    const moved = factsOfIncident({ rootCause: 'service:cart/server_error' }, { root })
    expect(whoCanFix(moved)).toBe('provider')
    expect(firstStep(moved)).toContain('acme-pay')
    expect(causeOf(moved)).toMatch(/^dependency:acme-pay\/timeout: share 0.82/)
    const unclear = factsOfIncident({ details: null }, { root: { ...root!, origin: '', confidence: null, share: 0 } })
    expect(whoCanFix(unclear)).toBe('not known for sure; provider, if it is acme-pay')
  })

  it('of failures without a single cause names nobody', () => {
    const { root } = facts()
    const told = factsOfIncident(
      { rootCause: '', details: details({ suspect: null }) },
      { root: { ...root!, origin: '', confidence: null, share: 0 } },
    )
    expect(whoCanFix(told)).toBe('not known: no single cause stands out')
    expect(firstStep(told)).toBe('look at an example trace: no single cause stands out')
  })

  it('of a weak suspect says so', () => {
    expect(causeOf(suspected({ share: 0.4, bad: 8 }))).toBe(
      'acme-pay timeout: share 0.40 of 20 bad calls, confidence low',
    )
  })

  const TOP = [
    { origin: 'dependency:a/timeout', share: 0.41 },
    { origin: 'service:b/server_error', share: 0.3 },
  ]
  const ROOTS: Record<string, [Partial<NonNullable<ReturnType<typeof facts>['root']>>, string]> = {
    'without a root lists the largest shares': [
      { origin: '', share: 0, confidence: null, traced: 50, top: TOP },
      'no single root cause: dependency:a/timeout 0.41, service:b/server_error 0.30 of 50 bad traces',
    ],
    'with a runner-up names it': [
      {
        share: 0.66,
        traced: 30,
        confidence: 'medium',
        top: [{ origin: 'dependency:acme-pay/timeout', share: 0.66 }, TOP[1]!],
      },
      'share 0.66 of 30 bad traces, confidence medium; next service:b/server_error 0.30',
    ],
    'that moved away from what was pinned names it': [
      {
        origin: 'dependency:a/timeout',
        share: 0.7,
        traced: 40,
        confidence: 'medium',
        top: [{ origin: 'dependency:a/timeout', share: 0.7 }],
      },
      'dependency:a/timeout: share 0.70 of 40 bad traces, confidence medium',
    ],
    'by topology says so': [
      { origin: 'service:b/server_error', share: 0, traced: 0, confidence: 'low', top: [] },
      'service:b/server_error: the deepest of what fails, confidence low',
    ],
  }
  for (const [title, [root, text]] of Object.entries(ROOTS)) {
    it(`of an incident ${title}`, () => {
      const base = facts()
      expect(causeOf(facts({ root: { ...base.root!, ...root } }))).toBe(text)
    })
  }

  const spending = (changes: Partial<BudgetOutlook>) => lead(facts({}, [member('a', { budget: budget(changes) })]))
  it('of an overspent budget says by how much', () => {
    const { howBad, budgetLeft } = spending({ remaining: -0.4, minutesLeft: 0 })
    expect(howBad).toContain('; the 30 d budget is overspent by 40 %')
    expect(budgetLeft).toBe('overspent by 40 %')
  })
  it('never rounds a budget up', () => {
    const { howBad } = spending({ remaining: 0.00002, minutesLeft: 0.05 })
    expect(howBad).toContain('; 0 % of the 30 d budget left, empty in 0 min')
    expect(spending({ remaining: 0.99999 }).budgetLeft).toMatch(/^99 %, empty in/)
  })
  it('of a budget that lasts says that it does', () =>
    expect(spending({ minutesLeft: null }).budgetLeft).toBe('41 %, lasts at this rate'))
  it('of a budget without events says that it is not known', () =>
    expect(spending({ remaining: null }).budgetLeft).toBe('not known: no events in 30 d'))
  it('leads with the short window when it burns less', () => {
    const short = details({ governingWindow: '5m', counts: { good: 4_920, total: 5_000 } })
    expect(lead(facts({}, [member('a', { details: short })])).howBad).toContain(
      '80 of 5,000 calls failed in 5 m (governing window), 16.7x in 1 h',
    )
  })
  it('of events that are no calls does not call them calls', () =>
    expect(spending({ bad: 'events were bad' }).howBad).toMatch(/^1,000 of 60,000 events were bad in 1 h/))
})
