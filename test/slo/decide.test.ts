import { describe, expect, it } from 'vitest'
import { changesOf } from '../../evaluator/decide/change.ts'
import type { EvaluatorMemory } from '../../evaluator/decide/known-incident.ts'
import { ALERT_POLICY, type AlertPolicy } from '../../slo/alert/alert-policy.ts'
import type { FrozenReason } from '../../slo/alert/alert-reason.ts'
import { budgetSpent } from '../../slo/alert/budget-alerts.ts'
import { ALERT_NAMES, type AlertName } from '../../slo/alert/incident.ts'
import { modeSignal } from '../../slo/alert/mode-alerts.ts'
import { SHORT_KEEP_MS, type Signal } from '../../slo/alert/signal.ts'
import { type AlertRecord, emptyMemory, remember } from '../../slo/decide/alert-record.ts'
import { type DecideInput, decide, lastOf as evaluated, plainContext } from '../../slo/decide/decide.ts'
import type { AlertPolicies, Slo } from '../../slo/model.ts'
import { NO_OVERLAYS, type Overlays } from '../../slo/overlay/overlays.ts'
import type { RouteNode } from '../../slo/overlay/route.ts'
import type { Reading } from '../../slo/reading.ts'
import { counts, NOW, reading, slo } from './build.ts'

const MINUTE_MS = 60_000
const PAY = 'dependency:acme-pay/timeout'
const at = (minute: number) => new Date(NOW.getTime() + minute * MINUTE_MS)

const BURNS = { 60: [2_000, 100_000], 5: [2_000, 100_000] } as const
const read = (
  minute: number,
  { of = slo(), burns = false, spent = 0 }: { of?: Slo; burns?: boolean; spent?: number } = {},
): Reading =>
  reading({ of, watermark: at(minute), elsewhere: counts(spent, 1_000_000), ...(burns ? { bad: BURNS } : {}) })

const mode = (minute: number, env = '') =>
  modeSignal(
    {
      env,
      dependency: 'acme-pay',
      outcome: 'timeout',
      callers: ['checkout'],
      mode: { id: 'F3', mode: 'timeout', share: 0.5, evidence: { n: 10, bad: 5, baselineShare: 0 }, advice: '' },
    },
    at(minute),
    SHORT_KEEP_MS,
  )

interface Step {
  minute: number
  readings?: Reading[]
  signals?: Signal[]
  unseen?: FrozenReason | null
  kinds?: readonly AlertName[]
  roots?: Record<string, string>
  overlays?: Partial<Overlays>
  policies?: Record<string, AlertPolicies>
  policy?: AlertPolicy
  routes?: RouteNode[]
}

/** Plays ticks without a store; alerts and messages of each. */
function played(...steps: Step[]) {
  let memory: EvaluatorMemory = emptyMemory()
  let last: NonNullable<DecideInput['last']> = new Map()
  return steps.map(({ minute, readings = [], signals = [], unseen = null, kinds = ALERT_NAMES, ...rest }) => {
    const now = at(minute)
    const decision = decide({
      readings,
      conditions: { signals, unseen, late: null },
      memory,
      rootCauses: new Map(Object.entries(rest.roots ?? {})),
      context: plainContext({
        policy: rest.policy ?? ALERT_POLICY,
        kinds: new Set(kinds),
        routes: rest.routes ?? [{ matchers: [], endpoints: ['all'], routes: [] }],
        overlays: { ...NO_OVERLAYS, ...rest.overlays },
        policies: new Map(Object.entries(rest.policies ?? {})),
      }),
      now,
      last,
    })
    last = evaluated(decision)
    const change = changesOf(decision, memory.incidents, () => null, now)
    memory = remember(memory, change)
    const said = decision.turns.flatMap(({ projection }) => [
      ...projection.intents.map(({ event, reason, severity }) => `${event} ${reason} ${severity}`),
      ...projection.withheld.map(({ reason }) => `not told: ${reason}`),
    ])
    const reasons = Object.fromEntries(
      decision.evaluations.map(({ subject, outcome }) => [subject.alert, outcome.reason]),
    )
    return { said, reasons, events: change.events, memory }
  })
}
const lastOf = <T>(values: readonly T[]): T => values.at(-1) as T

describe('alerts of one tick', () => {
  it('an SLO that burns is told once', () => {
    const [rise, after] = played(
      { minute: 0, readings: [read(0, { burns: true })] },
      { minute: 1, readings: [read(1, { burns: true })] },
    )
    expect(rise?.said).toEqual(['firing first page'])
    expect(after?.said).toEqual(['not told: repeat_not_due'])
    expect(after?.events).toEqual([])
  })

  it('an SLO that is gone ends its alerts, of every kind', () => {
    const steps = played(
      { minute: 0, readings: [read(0, { spent: 600 })] },
      { minute: 2, readings: [read(2, { spent: 600 })] },
      { minute: 3 },
    )
    expect(steps[1]?.said).toEqual(['firing first ticket'])
    expect(lastOf(steps).said).toEqual(['resolved slo_removed ticket'])
  })

  it('a kind that is switched off ends', () => {
    const readings = [read(-10)]
    const steps = played({ minute: 0, readings }, { minute: 1, readings, kinds: ['SLOBurnRate'] })
    expect(steps.map(({ said }) => said)).toEqual([['firing first page'], ['resolved alerting_off page']])
  })

  it('a signal that is not given any more is clear, and ends after its time', () => {
    const steps = played(
      ...[0, 3, 5].map((minute): Step => ({ minute, signals: [mode(minute)] })),
      { minute: 6 },
      {
        minute: 11,
      },
    )
    expect(steps.map(({ reasons }) => reasons['acme-pay#F3'])).toEqual([
      'pending',
      'pending',
      'first',
      'keep_firing',
      'resolved',
    ])
  })

  it('unless nobody could see: then it stays', () => {
    const steps = played(...[0, 3, 5].map((minute): Step => ({ minute, signals: [mode(minute)] })), {
      minute: 60,
      unseen: 'frozen_stale',
    })
    expect(lastOf(steps).reasons['acme-pay#F3']).toBe('frozen_stale')
  })

  it('a new incident names the one its alert was in before', () => {
    const steps = played(
      { minute: 0, readings: [read(0, { burns: true })] },
      { minute: 1, readings: [read(1)] },
      { minute: 6, readings: [read(6)] },
      { minute: 7, readings: [read(7, { burns: true })] },
    )
    const [first] = steps[0]?.events ?? []
    const again = [...lastOf(steps).memory.incidents.values()][0]
    expect(again?.group.previousIncident).toBe(first?.incident)
    expect(again?.group.id).not.toBe(first?.incident)
  })
})

describe('what is explained already', () => {
  describe('budgets of an SLO that burns', () => {
    const spent = (minute: number, burns: boolean, rest: Partial<Step> = {}): Step => {
      const now = read(minute, { burns, spent: 600 })
      return { minute, readings: [now], ...rest }
    }
    const membersOf = ({ memory }: ReturnType<typeof played>[number]) =>
      [...memory.incidents.values()].map(({ group: { members } }) =>
        Object.keys(members).filter((id) => members[id]?.endedAtMs === null),
      )

    it('belong to its incident, which is one page', () => {
      const [rise, after] = played(spent(0, true), spent(2, true))
      expect(rise?.said).toEqual(['firing first page'])
      expect(after?.said).toEqual(['not told: repeat_not_due'])
      expect(membersOf(rise!)).toEqual([['checkout-stripe', 'checkout-stripe#budget50']])
    })

    it('are no ticket while the page is only kept open', () => {
      const routes = [
        { matchers: [{ name: 'severity', op: '=' as const, value: 'page' }], endpoints: ['pager'], routes: [] },
        { matchers: [], endpoints: ['desk'], routes: [] },
      ]
      const [, cleared, over] = played(
        spent(0, true, { routes }),
        spent(2, false, { routes }),
        spent(8, false, { routes }),
      )
      expect(cleared?.said.toSorted()).toEqual(['not told: absorbed_by_page', 'not told: keep_firing'])
      expect(over?.said).toContain('resolved resolved page')
    })

    it('whatever its root cause is', () => {
      const [rise] = played(spent(0, true, { roots: { 'checkout-stripe': PAY } }))
      expect(membersOf(rise!)).toEqual([['checkout-stripe', 'checkout-stripe#budget50']])
    })

    it('that were about to be told go into it untold', () => {
      const [alone, burning, later] = played(spent(0, false), spent(0.5, true), spent(2, true))
      expect(alone?.said).toEqual(['not told: group_wait'])
      expect(burning?.said).toEqual(['not told: never_announced', 'firing first page'])
      expect(later?.said).toEqual(['not told: repeat_not_due'])
      expect(membersOf(later!)).toEqual([['checkout-stripe', 'checkout-stripe#budget50']])
    })

    it('that were told before stay where they are, and are not repeated', () => {
      const steps = played(spent(0, false), spent(2, false), spent(3, true), spent(3 + 25 * 60, true))
      expect(steps[1]?.said).toEqual(['firing first ticket'])
      expect(steps[2]?.said).toEqual(['not told: inhibited', 'firing first page'])
      expect(lastOf(steps).said.toSorted()).toEqual(['firing repeat page', 'not told: inhibited'])
      expect(membersOf(lastOf(steps))).toEqual([['checkout-stripe#budget50'], ['checkout-stripe']])
    })

    it('are told on their own once it no longer burns', () => {
      const steps = played(spent(0, true), spent(2, false), spent(8, false), spent(10, false))
      expect(steps.map(({ said }) => said)).toEqual([
        ['firing first page'],
        ['not told: keep_firing'],
        ['resolved resolved page', 'not told: group_wait'],
        ['firing first ticket'],
      ])
      expect(membersOf(lastOf(steps))).toEqual([['checkout-stripe#budget50']])
    })

    it('join those told before once it no longer burns', () => {
      const more = (minute: number, burns: boolean): Step => {
        const now = read(minute, { burns, spent: 800 })
        return { minute, readings: [now] }
      }
      const steps = played(spent(0, false), spent(2, false), more(3, true), more(5, false), more(11, false))
      expect(lastOf(steps).said.toSorted()).toEqual(['firing members_added ticket', 'resolved resolved page'])
      expect(membersOf(lastOf(steps))).toEqual([['checkout-stripe#budget50', 'checkout-stripe#budget75']])
    })
  })

  it('a failure mode whose cause an incident has is not told beside it', () => {
    const burning = (minute: number): Step => ({
      minute,
      readings: [read(minute, { burns: true })],
      signals: [mode(minute)],
      roots: { 'checkout-stripe': PAY },
    })
    const steps = played(...[0, 3, 6, 9].map(burning))
    expect(lastOf(steps).reasons['acme-pay#F3']).toBe('inhibited')
    expect(lastOf(steps).memory.incidents.size).toBe(1)
  })

  for (const [first, second] of [
    ['prod', ''],
    ['', 'prod'],
  ] as const)
    it(`one of environment '${first}' takes an SLO of environment '${second}' into its incident`, () => {
      const of = slo({ labels: second === '' ? {} : { env: second } })
      const steps = played(
        ...[0, 3, 5].map((minute): Step => ({ minute, signals: [mode(minute, first)] })),
        ...[6, 12].map(
          (minute): Step => ({
            minute,
            signals: [mode(minute, first)],
            readings: [read(minute, { of, burns: true })],
            roots: { 'checkout-stripe': PAY },
          }),
        ),
      )
      expect(lastOf(steps).memory.incidents.size).toBe(1)
    })

  for (const [first, second] of [
    ['prod', ''],
    ['', 'prod'],
  ] as const)
    it(`one of environment '${second}' does not rise beside an SLO of environment '${first}'`, () => {
      const of = slo({ labels: first === '' ? {} : { env: first } })
      const burning = (minute: number): Step => ({
        minute,
        readings: [read(minute, { of, burns: true })],
        signals: [mode(minute, second)],
        roots: { 'checkout-stripe': PAY },
      })
      const last = lastOf(played(...[0, 3, 6, 9].map(burning)))
      expect(last.reasons[`${second === '' ? '' : `${second}/`}acme-pay#F3`]).toBe('inhibited')
    })

  it('one that was first takes the SLO into its incident', () => {
    const steps = played(...[0, 3, 5].map((minute): Step => ({ minute, signals: [mode(minute)] })), {
      minute: 6,
      signals: [mode(6)],
      readings: [read(6, { burns: true })],
      roots: { 'checkout-stripe': PAY },
    })
    const [incident, ...others] = [...lastOf(steps).memory.incidents.values()]
    expect(others).toEqual([])
    expect(Object.keys(incident?.group.members ?? {}).sort()).toEqual(['acme-pay#F3', 'checkout-stripe'])
    expect(incident?.facts.incident).toMatchObject({ severity: 'page', rootCause: PAY, slo: 'checkout-stripe' })
  })

  it('nothing new is told while Plumbline is blind', () => {
    const steps = played({
      minute: 0,
      readings: [read(-10, { burns: true })],
      policy: { ...ALERT_POLICY, staleAfterMs: 60 * MINUTE_MS },
    })
    expect(lastOf(steps).said.toSorted()).toEqual(['firing first page', 'not told: inhibited'])
  })
})

describe('objectives of one document, and SLOs over the same calls', () => {
  const three = [999_000, 995_000, 990_000].map((targetPpm, n) => slo({ name: `checkout:${n}`, targetPpm }))
  /** A fifth fails: more than 14.4 times what even the loosest of them allows. */
  const fails = { 60: [20_000, 100_000], 5: [20_000, 100_000] } as const
  const readings = three.map((of) => reading({ of, watermark: at(0), bad: fails }))

  it('are one incident with one page where no trace shows a cause', () => {
    const [rise] = played({ minute: 0, readings, kinds: ['SLOBurnRate'] })
    expect(rise?.said).toEqual(['firing first page'])
    const [incident] = [...rise!.memory.incidents.values()]
    expect(Object.keys(incident!.group.members)).toEqual(['checkout:0', 'checkout:1', 'checkout:2'])
    expect(incident!.facts.groupLabels).toEqual({ dependency: 'stripe', service: 'checkout' })
  })
  it('are one ticket when their telemetry stops', () => {
    const silent = three.map((of) => {
      const window = (total: number) => ({ counts: counts(0, total), units: counts(0, total), coverage: 1 })
      const each = read(0, { of })
      return { ...each, windows: new Map([...each.windows, [10, window(0)], [70, window(1_000)]]) }
    })
    const [rise] = played({ minute: 0, readings: silent, kinds: ['TelemetryAbsent'] })
    expect(rise?.said).toEqual(['firing first ticket'])
    expect(Object.keys([...rise!.memory.incidents.values()][0]!.group.members)).toHaveLength(3)
  })
})

describe('an end that is no recovery says why', () => {
  const NAME = 'checkout-stripe'
  const burning = (minute: number, of = slo()): Step => ({ minute, readings: [read(minute, { of, burns: true })] })
  const over = (steps: ReturnType<typeof played>) => {
    const incident = lastOf(steps).events.find(({ kind }) => kind === 'incident')
    const { facts } = JSON.parse(incident?.evidence ?? '{}')
    return {
      said: lastOf(steps).said,
      ending: facts?.incident.members[0].ending,
      details: facts?.incident.members[0].details,
    }
  }
  const EXCLUSION = { from: at(-60), to: at(600), reason: 'provider upgrade', by: 'sam', madeAt: at(1) }
  /** Nothing of the last minutes counts, and the rest of the hour was fine. */
  const excluded = (minute: number): Reading => {
    const now = read(minute)
    const nothing = { counts: counts(0, 0), units: counts(0, 0), coverage: 1 }
    const windows = new Map([...now.windows, [5, nothing], [30, nothing]] as const)
    return { ...now, windows, period: { ...now.period, exclusions: [EXCLUSION] } }
  }

  it('an SLO that was removed, with what was measured last', () => {
    const end = over(played(burning(0), burning(1), { minute: 2 }))
    expect(end.said).toEqual(['resolved slo_removed page'])
    expect(end.ending).toEqual({ reason: 'slo_removed', by: '', why: '' })
    expect(end.details.burn).toBe(20)
  })
  it('alerts that were switched off', () => {
    expect(over(played(burning(0), burning(1, slo({ alerting: 'off' })))).said).toEqual(['resolved alerting_off page'])
  })
  it('a kind that was switched off', () => {
    const steps = played(burning(0), { ...burning(1), kinds: ['SLOBudgetSpent'] })
    expect(over(steps).said).toEqual(['resolved alerting_off page'])
  })
  it('an author who wants no alerts any more', () => {
    const off = { endpoints: [], whenBreaching: false, whenResolved: true, whenNoData: true }
    const steps = played(
      burning(0),
      { ...burning(1), policies: { [NAME]: off } },
      { ...burning(2), policies: { [NAME]: off } },
    )
    expect(steps.map(({ said }) => said)).toEqual([
      ['firing first page'],
      ['resolved alerting_off page'],
      ['not told: policy_off'],
    ])
  })
  const LOOSER: Record<string, Partial<Slo> & { targetPpm?: number }> = {
    'a target that was loosened': { targetPpm: 900_000 },
    'a window that was changed': { tiers: [{ severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 500 }] },
    'another selection': { generation: '00000000cafecafe', targetPpm: 900_000 },
  }
  it.each(Object.entries(LOOSER))('%s', (_title, changes) => {
    const of = slo({ tiers: slo().tiers, ...changes })
    const steps = played(burning(0), burning(1, of), burning(6, of))
    expect(steps.slice(1).map(({ said }) => said)).toEqual([
      ['not told: keep_firing'],
      ['resolved target_changed page'],
    ])
  })
  it('not a target that was loosened after it recovered, or before it did', () => {
    const of = slo({ targetPpm: 995_000 })
    const after = played(burning(0), { minute: 1, readings: [read(1)] }, { minute: 6, readings: [read(6, { of })] })
    expect(over(after).said).toEqual(['resolved resolved page'])
    const tighter = slo({ targetPpm: 999_500 })
    const before = played(
      burning(0),
      burning(1, tighter),
      { minute: 2, readings: [read(2, { of: tighter })] },
      { minute: 7, readings: [read(7, { of: tighter })] },
    )
    expect(over(before).said).toEqual(['resolved resolved page'])
  })
  it('time that maintenance leaves out, by whom and why', () => {
    const end = over(played(burning(0), { minute: 2, readings: [excluded(2)] }, { minute: 7, readings: [excluded(7)] }))
    expect(end.said).toEqual(['resolved excluded page'])
    expect(end.ending).toEqual({ reason: 'excluded', by: 'sam', why: 'provider upgrade' })
  })
  it('a mark of a budget that was reset', () => {
    const reset = { slo: NAME, at: at(3), reason: 'agreed', by: 'sam' }
    const fresh = read(4)
    const spent = (minute: number): Step => ({
      minute,
      readings: [read(minute, { spent: 600 })],
      kinds: ['SLOBudgetSpent'],
    })
    const end = over(
      played(spent(0), spent(2), {
        minute: 4,
        readings: [{ ...fresh, period: { ...fresh.period, resets: [reset] } }],
        kinds: ['SLOBudgetSpent'],
      }),
    )
    expect(end.said).toEqual(['resolved budget_reset ticket'])
    expect(end.ending).toEqual({ reason: 'budget_reset', by: 'sam', why: 'agreed' })
  })
})

describe('what decides who is told', () => {
  const burning = (rest: Partial<Step> = {}): Step => ({ minute: 0, readings: [read(0, { burns: true })], ...rest })
  const POLICIES: AlertPolicies = { endpoints: [], whenBreaching: true, whenResolved: true, whenNoData: true }
  it('an author who wants no alert on breaching', () => {
    const policies = { 'checkout-stripe': { ...POLICIES, whenBreaching: false } }
    expect(lastOf(played(burning({ policies }))).said).toEqual(['not told: policy_off'])
  })
  it('endpoints that the author names', () => {
    const policies = { 'checkout-stripe': { ...POLICIES, endpoints: ['mine'] } }
    const { memory } = lastOf(played(burning({ policies })))
    expect([...memory.incidents.values()].map(({ stream }) => stream.plan.subscriptions)).toEqual([
      { mine: ['page', 'ticket'] },
    ])
  })
  it('a silence, and it is named', () => {
    const silence = {
      id: 's1',
      matchers: [{ name: 'slo', op: '=' as const, value: 'checkout-stripe' }],
      startsAt: at(-1),
      endsAt: at(1),
      createdBy: '',
      comment: '',
      createdAt: at(-1),
    }
    const { said, events } = lastOf(played(burning({ overlays: { silences: [silence] } })))
    expect(said).toEqual(['not told: silenced'])
    expect(JSON.parse(events.find(({ kind }) => kind === 'incident')?.evidence ?? '{}')).toMatchObject({
      overlays: ['s1'],
    })
  })
  it('an acknowledgement of the incident', () => {
    const { events } = lastOf(played(burning()))
    const acknowledgement = { incident: events[0]?.incident ?? '', by: 'sam', at: at(1), until: at(600) }
    const later = burning({
      minute: 300,
      readings: [read(300, { burns: true })],
      overlays: { acknowledgements: [acknowledgement] },
    })
    expect(lastOf(played(burning(), later)).said).toEqual(['not told: acknowledged'])
    expect(lastOf(played(burning(), { ...later, overlays: {} })).said).toEqual(['firing repeat page'])
  })
  it('a dry run', () => {
    expect(lastOf(played(burning({ policy: { ...ALERT_POLICY, dryRun: true } }))).said).toEqual(['not told: dry_run'])
  })
})

describe('what is recorded', () => {
  it('alerts first, then the incidents that follow from them', () => {
    const { events } = lastOf(played({ minute: 0, readings: [read(0, { burns: true })] }))
    expect(events.map(({ kind, slo: subject, reason }) => `${kind} ${subject.slice(0, 4)} ${reason}`)).toEqual([
      'alert chec first',
      'incident inc_ first',
    ])
  })
  it('nothing of signals that are idle, whatever freezes them', () => {
    const stale = read(-60)
    const frozen = budgetSpent(stale, NOW, ALERT_POLICY)
    expect(frozen.map(({ conditions }) => conditions[0]?.verdict)).toEqual(['frozen', 'frozen', 'frozen', 'frozen'])
    const { events } = lastOf(played({ minute: 0, readings: [stale], kinds: ['SLOBudgetSpent'] }))
    expect(events).toEqual([])
  })
  it('what an alert needs to go on: a restart between two ticks loses nothing', () => {
    const { memory } = lastOf(played({ minute: 0, readings: [read(0, { burns: true })] }))
    for (const record of memory.alerts.values())
      expect(JSON.parse(JSON.stringify(record)) as AlertRecord).toEqual(record)
    for (const { group, stream } of memory.incidents.values())
      expect(JSON.parse(JSON.stringify({ group, stream }))).toEqual({ group, stream })
  })
})
