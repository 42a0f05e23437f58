import { describe, expect, it } from 'vitest'
import { factsOf, type IncidentFacts, resolvedFacts, reviveFacts } from '../../evaluator/incident-facts.ts'
import { causeOf, descriptionOf, firstStep, summaryOf, whoCanFix } from '../../evaluator/incident-text.ts'
import { messageOf } from '../../evaluator/message.ts'
import { OUTCOMES } from '../../integration/outcome.ts'
import { decide } from '../../slo/alert.ts'
import type { Intent } from '../../slo/alert-stream.ts'
import type { Suspect } from '../../slo/incident.ts'
import type { Evidence } from '../../storage/evidence.ts'
import { counts, reading, slo } from '../slo/build.ts'

const NOW = new Date('2026-01-01T00:01:00Z')
const TRACES = [
  '4bf92f3577b34da6a3ce929d0e0e4736',
  'a3ce929d0e0e47364bf92f3577b34da6',
  '0e0e47364bf92f3577b34da6a3ce929d',
]
const SUSPECT: Suspect = { dependency: 'acme-pay', outcome: 'timeout', bad: 328, share: 0.82 }
const EVIDENCE: Evidence = { suspect: SUSPECT, impact: ['checkout', 'cart'], exemplars: TRACES }

const OUTAGE = reading({
  of: slo({
    name: 'checkout-availability',
    owner: 'payments',
    runbook: 'https://runbooks.example/acme-pay',
    labels: { env: 'prod' },
  }),
  watermark: NOW,
  bad: { 60: [1_000, 60_000], 5: [1_000, 5_000], 43200: [25_488, 43_200_000] },
})

function facts(changes: { evidence?: Partial<Evidence>; of?: typeof OUTAGE } = {}): IncidentFacts {
  const read = changes.of ?? OUTAGE
  const made = factsOf(decide(null, read, NOW), read, { ...EVIDENCE, ...changes.evidence }, null)
  if (!made) throw new Error('the outage does not fire')
  return made
}

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

describe('a page', () => {
  const message = messageOf(intent(), facts(), URL_BASE)
  const [alert] = message.alerts

  it('says what is broken, how bad, for whom, since when, who can fix it, what to do first, and where to look', () => {
    const { id } = facts().incident
    expect(alert?.annotations).toEqual({
      summary: 'checkout-availability burns 16.7x: acme-pay times out',
      description:
        '1,000 of 60,000 calls failed in 1 h (governing window), 200x in 5 m; 41 % of the 30 d budget left, empty in 17 h; since 2026-01-01 00:00 UTC',
      cause: 'acme-pay timeout: share 0.82 of 400 bad calls, confidence high',
      impact: 'checkout, cart',
      who_can_fix: 'provider',
      first_step: 'check acme-pay status, consider the fallback provider',
      runbook_url: 'https://runbooks.example/acme-pay',
      dashboard_url: `https://plumbline.example/incidents/${id}`,
      trace_url: `https://plumbline.example/traces/${TRACES[0]}`,
      trace_ids: TRACES.join(','),
      dependency: 'acme-pay',
      budget_left: '41 %',
    })
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
    expect(alert?.startsAt).toEqual(new Date('2026-01-01T00:00:00Z'))
    expect(alert?.endsAt).toBeNull()
    expect(alert?.generatorUrl).toBe('https://plumbline.example/slos/checkout-availability')
  })

  it('carries the numbers of the governing window', () => {
    expect(message).toMatchObject({
      tier: '1h/5m',
      governingWindow: '1h',
      burn: 16.666666666666668,
      counts: { good: 59_000, total: 60_000 },
      data: { watermark: NOW, coverage: 1, generation: '00000000deadbeef' },
      groupLabels: { env: 'prod', slo: 'checkout-availability' },
    })
  })

  it('leaves out what is not known', () => {
    const unknown = facts({ evidence: { suspect: null, impact: [], exemplars: [] } })
    const [bare] = messageOf(intent(), unknown, URL_BASE).alerts
    expect(bare?.labels).not.toHaveProperty('root_cause')
    for (const key of ['cause', 'impact', 'trace_url', 'trace_ids', 'dependency']) {
      expect(bare?.annotations).not.toHaveProperty(key)
    }
    expect(bare?.annotations.summary).toBe('checkout-availability burns 16.7x')
    expect(bare?.annotations.who_can_fix).toBe('unknown')
  })

  it('survives the journal', () => {
    expect(reviveFacts(JSON.parse(JSON.stringify(facts())))).toEqual(facts())
  })
})

describe('a change of severity', () => {
  it('sends the old alert out resolved in the same message', () => {
    const { alerts } = messageOf(intent({ reason: 'escalated', replaces: 'ticket' }), facts(), URL_BASE)
    expect(alerts.map(({ status, labels, endsAt }) => [status, labels.severity, endsAt])).toEqual([
      ['firing', 'page', null],
      ['resolved', 'ticket', NOW],
    ])
  })
})

describe('the end', () => {
  it('repeats what it was, and says when it was over', () => {
    const over = resolvedFacts(facts(), new Date('2026-01-01T00:11:00Z'))
    const [alert] = messageOf(intent({ event: 'resolved', reason: 'resolved' }), over, URL_BASE).alerts
    expect(alert).toMatchObject({ status: 'resolved', endsAt: new Date('2026-01-01T00:11:00Z') })
    expect(alert?.labels).toEqual(messageOf(intent(), facts(), URL_BASE).alerts[0]?.labels)
    expect(alert?.annotations.description).toMatch(/^over at 2026-01-01 00:11 UTC after 11 min; 1,000 of 60,000 calls/)
  })
})

describe('the root cause', () => {
  const rootOf = (suspect: Suspect) => facts({ evidence: { suspect } }).incident.rootCause
  it('is named from a share of 0.6 of 20 bad calls on', () => {
    expect(rootOf({ ...SUSPECT, share: 0.6, bad: 20 })).toBe('dependency:acme-pay/timeout')
    expect(rootOf({ ...SUSPECT, share: 0.59, bad: 20 })).toBe('')
    expect(rootOf({ ...SUSPECT, share: 1, bad: 19 })).toBe('')
  })

  it('stays what was told first', () => {
    const before = facts({ evidence: { suspect: null } })
    const decision = decide(null, OUTAGE, NOW)
    expect(factsOf(decision, OUTAGE, EVIDENCE, before)?.incident.rootCause).toBe('')
    const other = { ...EVIDENCE, suspect: { ...SUSPECT, dependency: 'other' } }
    expect(factsOf(decision, OUTAGE, other, facts())?.incident).toMatchObject({
      rootCause: 'dependency:acme-pay/timeout',
      details: { suspect: { dependency: 'other' } },
    })
  })
})

describe('the text', () => {
  const withSuspect = (outcome: string) => facts({ evidence: { suspect: { ...SUSPECT, outcome } } })

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
    ['unknown_error', 'fails', 'unknown'],
    ['something new', 'fails', 'unknown'],
  ])('of %s: %s, %s can fix it', (outcome, phrase, owner) => {
    const told = withSuspect(outcome)
    expect(summaryOf('a', told.incident.details)).toBe(`a burns 16.7x: acme-pay ${phrase}`)
    expect(whoCanFix(told)).toBe(owner)
  })

  it.each(OUTCOMES)('has a first step for %s that names the dependency', (outcome) => {
    expect(firstStep(withSuspect(outcome))).toContain('acme-pay')
  })

  it('of an inbound SLO without a suspect points at the service', () => {
    const { indicator } = OUTAGE.slo
    if (indicator.source !== 'calls') throw new Error('the SLO of these tests counts calls')
    const inbound = { ...indicator, total: { ...indicator.total, direction: 'inbound' as const } }
    const told = facts({ of: { ...OUTAGE, slo: { ...OUTAGE.slo, indicator: inbound } }, evidence: { suspect: null } })
    expect(whoCanFix(told)).toBe('us')
    expect(firstStep(told)).toContain('checkout')
  })

  it('of a weak suspect says so', () => {
    const weak = facts({ evidence: { suspect: { ...SUSPECT, share: 0.4, bad: 8 } } })
    expect(causeOf(weak.incident.details)).toBe('acme-pay timeout: share 0.40 of 20 bad calls, confidence low')
  })

  const budget = (bad: number, total: number) => {
    const period = { ...OUTAGE.period, counts: counts(bad, total), units: counts(bad, total) }
    return descriptionOf(facts({ of: { ...OUTAGE, period } }))
  }
  it('of an overspent budget says by how much', () => {
    expect(budget(60_480, 43_200_000)).toContain('; the 30 d budget is overspent by 40 %;')
  })
  it('never rounds a budget up', () => {
    expect(budget(43_199, 43_200_000)).toContain('; 0 % of the 30 d budget left, empty in 0 min;')
    expect(budget(1, 43_200_000)).toContain('; 99 % of the 30 d budget left')
  })
  it('leads with the short window when it burns less', () => {
    const windows = new Map(OUTAGE.windows)
    windows.set(5, { counts: counts(80, 5_000), units: counts(80, 5_000), coverage: 1 })
    expect(descriptionOf(facts({ of: { ...OUTAGE, windows } }))).toContain(
      '80 of 5,000 calls failed in 5 m (governing window), 16.7x in 1 h',
    )
  })
})
