import { describe, expect, it } from 'vitest'
import { changesOf } from '../../evaluator/decide/change.ts'
import { factsOf, type IncidentEvidence, type IncidentFacts } from '../../evaluator/decide/incident-facts.ts'
import type { EvaluatorMemory } from '../../evaluator/decide/known-incident.ts'
import { suspectFor } from '../../evaluator/decide/origin.ts'
import { bodyFor } from '../../evaluator/notify/body.ts'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import type { RootEvidence, Suspect } from '../../slo/alert/incident.ts'
import { rootOf } from '../../slo/alert/root-cause.ts'
import { emptyMemory, remember } from '../../slo/decide/alert-record.ts'
import { decide, NO_CONDITIONS, plainContext } from '../../slo/decide/decide.ts'
import { NOW, reading, slo } from '../slo/build.ts'

const TYPES = ['webhook', 'alertmanager', 'pagerduty', 'slack', 'email'] as const
const SLO = slo({ name: 'checkout-availability', labels: { env: 'prod' } })
const PINNED = 'dependency:acme-pay/timeout'
const OTHER = 'dependency:acme-pay/server_error'
const BAD = 1_000
const CONTEXT = plainContext({
  policy: ALERT_POLICY,
  kinds: new Set(['SLOBurnRate']),
  routes: [{ matchers: [], endpoints: ['pager'], routes: [] }],
})
const at = (minute: number) => new Date(NOW.getTime() + minute * 60_000)

const suspectsOf = (shares: Record<string, number>): Suspect[] =>
  Object.entries(shares)
    .flatMap(([origin, share]): Suspect[] => {
      const [, dependency = '', outcome = ''] = /^dependency:(.+)\/(.+)$/.exec(origin) ?? []
      return dependency === '' ? [] : [{ dependency, outcome, bad: BAD * share, share }]
    })
    .sort((a, b) => b.share - a.share)

function evidenceFor(shares: Record<string, number>, pinned: string): IncidentEvidence {
  const root = rootOf({ shares, traced: 400, tracedShare: 1 })
  const suspect = suspectFor(suspectsOf(shares), root, pinned)
  return { suspect, root, impact: ['checkout'], exemplars: [], deployments: [] }
}

/** An incident that was pinned to timeouts of acme-pay, after a look that measured `shares`, or found no failing call. */
function incidentAfter(shares: Record<string, number> | null): IncidentFacts {
  let memory: EvaluatorMemory = emptyMemory()
  const looks = [evidenceFor({ [PINNED]: 1 }, PINNED), shares && evidenceFor(shares, PINNED)]
  for (const [minute, evidence] of looks.entries()) {
    const bad = { 60: [1_000, 60_000], 5: [1_000, 5_000], 43200: [590, 1_000_000] } as const
    const read = [reading({ of: SLO, watermark: at(minute), lastEventAt: at(minute), bad: { ...bad } as never })]
    const now = at(minute)
    const nothing = { suspect: null, root: rootOf({ shares: {}, traced: 0, tracedShare: 0 }), impact: [] }
    const looked = evidence ?? { ...nothing, exemplars: [], deployments: [] }
    const rootCauses = new Map([[SLO.name, evidence?.root?.origin ?? '']])
    const input = { readings: read, conditions: NO_CONDITIONS, memory, context: CONTEXT, now }
    const decision = decide({ ...input, rootCauses })
    const change = changesOf(decision, memory.incidents, () => looked, now)
    if (minute > 0) {
      const turn = decision.turns[0]!
      const byAlert = new Map(decision.evaluations.map((evaluation) => [evaluation.subject.alert, evaluation]))
      return factsOf(turn, memory.incidents.get(turn.group.id)?.facts ?? null, byAlert, looked, now)
    }
    memory = remember(memory, change)
  }
  throw new Error('unreachable')
}

const bodiesOf = (facts: IncidentFacts) =>
  TYPES.map((type) => {
    const intent = { endpoint: 'pager', event: 'firing', reason: 'repeat', severity: 'page', sequence: 2 } as never
    return { type, body: bodyFor({ type }, intent, facts, 'https://plumbline.example') }
  })

/** Every place where a message gives the share of acme-pay, with the outcome that stands before it. */
const sharesSaid = (body: string): string[] =>
  [
    ...body
      .replaceAll('\\n', ' ')
      .matchAll(/(times out|server errors|timeout|server_error)\W+(?:share )?(\d\.\d+|\d+(?:\.\d+)? %)/g),
  ].map(([, outcome, part]) => `${/time/.test(outcome ?? '') ? 'timeout' : 'server_error'} ${part}`)

describe('text, share and n of a cause are those of one cause', () => {
  it('where another one than the pinned is measured by now', () => {
    const facts = incidentAfter({ [OTHER]: 0.748, [PINNED]: 0.252 })
    expect(facts.incident.rootCause).toBe(PINNED)
    expect(facts.incident.details?.suspect).toEqual({
      dependency: 'acme-pay',
      outcome: 'server_error',
      bad: 748,
      share: 0.748,
    })
    expect(facts.incident.title).toContain('acme-pay answers with server errors')
    for (const { type, body } of bodiesOf(facts)) {
      expect([type, new Set(sharesSaid(body))]).toEqual([type, new Set(['server_error 0.75', 'timeout 0.25'])])
      expect([type, /times out/.test(body)]).toEqual([type, false])
    }
  })

  it('where none stands out by now, so that the pinned one is named', () => {
    const facts = incidentAfter({ [OTHER]: 0.55, [PINNED]: 0.45 })
    expect(facts.incident.details?.suspect).toEqual({
      dependency: 'acme-pay',
      outcome: 'timeout',
      bad: 450,
      share: 0.45,
    })
    expect(facts.incident.title).toContain('acme-pay times out')
    for (const { type, body } of bodiesOf(facts)) {
      expect([type, new Set(sharesSaid(body))]).toEqual([type, new Set(['server_error 0.55', 'timeout 0.45'])])
      expect([type, /answers with server errors/.test(body)]).toEqual([type, false])
    }
  })

  it('where the pinned one is not among what fails by now, no share is said of it', () => {
    const facts = incidentAfter({ 'dependency:ledger/timeout': 0.55, 'service:cart/server_error': 0.45 })
    expect(facts.incident.details?.suspect).toBeNull()
    for (const { body } of bodiesOf(facts))
      expect(body).toMatch(/no single root cause: dependency:ledger\/timeout 0\.55/)
  })

  it('where it begins in a service by now, no dependency is named', () => {
    const facts = incidentAfter({ 'service:cart/server_error': 0.9, [PINNED]: 0.1 })
    expect(facts.incident.details?.suspect).toBeNull()
    expect(facts.incident.title).not.toContain('acme-pay')
    expect(facts.answers?.firstStep).toContain('cart')
  })

  it('where a look finds no failing call, all that was known before stands', () => {
    const facts = incidentAfter(null)
    expect(facts.root).toMatchObject({ origin: PINNED, share: 1, traced: 400 } satisfies Partial<RootEvidence>)
    expect(facts.incident.details?.suspect).toMatchObject({ outcome: 'timeout', share: 1 })
    expect(facts.impact).toEqual(['checkout'])
  })
})
