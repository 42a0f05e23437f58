import { describe, expect, it } from 'vitest'
import { absence } from '../../slo/alert/absence.ts'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import { type AlertState, advance } from '../../slo/alert/alert-state.ts'
import { blindness } from '../../slo/alert/blindness.ts'
import { budgetSpent, exhaustionSoon } from '../../slo/alert/budget-alerts.ts'
import { modeSignal, probeSignal } from '../../slo/alert/mode-alerts.ts'
import { SHORT_KEEP_MS, type Signal, sloSubject } from '../../slo/alert/signal.ts'
import { unusualHour } from '../../slo/alert/unusual.ts'
import { labelFingerprint } from '../../slo/fnv1a.ts'
import { muteOf, NO_OVERLAYS } from '../../slo/overlay/overlays.ts'
import type { WindowReading } from '../../slo/reading.ts'
import { counts, NOW, reading, slo } from './build.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const ago = (ms: number) => new Date(NOW.getTime() - ms)

/** No signal is a clear one. */
function said(signal: Signal | null): string {
  const [only] = signal?.conditions ?? []
  return only ? `${only.severity} ${only.verdict}${only.reason ? ` ${only.reason}` : ''}` : 'ticket clear'
}

describe('blindness', () => {
  const seen = (watermark: Date | null) => said(blindness(watermark, NOW, ALERT_POLICY))
  it.each([
    ['data of now', ago(0), 'page clear'],
    ['a second less than five minutes without', ago(5 * MINUTE_MS - SECOND_MS), 'page clear'],
    ['five minutes without', ago(5 * MINUTE_MS), 'page matched'],
    ['no telemetry ever', null, 'page clear'],
  ])('%s', (_, watermark, is) => expect(seen(watermark)).toBe(is))
})

describe('absence', () => {
  const absent = (recent: number, both: number, rest: Parameters<typeof reading>[0] = {}) => {
    const read = reading({ bad: { 10: [0, recent], 70: [0, both] }, ...rest })
    return said(absence({ ...read, windows: withAbsence(read, recent, both) }, NOW, ALERT_POLICY))
  }
  const withAbsence = (read: ReturnType<typeof reading>, recent: number, both: number) => {
    const window = (total: number) => ({ counts: counts(0, total), units: counts(0, total), coverage: 1 })
    return new Map<number, WindowReading>([...read.windows, [10, window(recent)], [70, window(both)]])
  }
  it('ten minutes without an event after a hundred in the hour before', () =>
    expect(absent(0, 100)).toBe('ticket matched'))
  it('too few in the hour before to say', () => expect(absent(0, 99)).toBe('ticket hold frozen_min_events'))
  it('an event', () => expect(absent(1, 100)).toBe('ticket clear'))
  it('stale data', () => expect(absent(0, 100, { watermark: ago(4 * MINUTE_MS) })).toBe('ticket frozen frozen_stale'))
  it('an environment that sends nothing at all, while a collector is alive', () => {
    const read = reading()
    const watching = (watched?: number) => {
      const windows = withAbsence(read, 0, 100)
      windows.set(10, { ...windows.get(10)!, coverage: 0, ...(watched !== undefined && { watched }) })
      return absence({ ...read, windows }, NOW, ALERT_POLICY)
    }
    expect(said(watching(1))).toBe('ticket matched')
    expect(watching(1)!.summary).toBe('checkout-stripe has no events for 10 min although a collector is running')
    expect(said(watching(0.8))).toBe('ticket frozen frozen_coverage')
    expect(said(watching())).toBe('ticket frozen frozen_coverage')
  })
  it('is set apart from the burn-rate alert of its SLO', () => {
    const { subject, waits, keepFiringMs } = absence(reading({ elsewhere: counts(0, 0) }), NOW, ALERT_POLICY)!
    expect(subject).toMatchObject({ alert: 'checkout-stripe#absent', alertname: 'TelemetryAbsent' })
    expect([waits, keepFiringMs]).toEqual([false, SHORT_KEEP_MS])
  })
})

/** A budget of 1,000 of 1,000,000, of which this many are spent. */
const spending = (bad: number) => reading({ elsewhere: counts(bad, 1_000_000) })
const thresholds = (bad: number) => budgetSpent(spending(bad), NOW, ALERT_POLICY).map((signal) => said(signal).slice(7))

describe('budget thresholds', () => {
  it.each([
    [0, []],
    [450, ['hold', 'clear', 'clear', 'clear']],
    [499, ['hold', 'clear', 'clear', 'clear']],
    [500, ['matched', 'clear', 'clear', 'clear']],
    [749, ['matched', 'hold', 'clear', 'clear']],
    [900, ['matched', 'matched', 'matched', 'clear']],
    [1_000, ['matched', 'matched', 'matched', 'matched']],
  ])('%i of 1,000 bad events', (bad, are) => expect(thresholds(bad)).toEqual(are))

  it('are alerts of their own wherever labels are what tells alerts apart', () => {
    const labels = budgetSpent(spending(1_000), NOW, ALERT_POLICY).map(({ subject }) => subject.labels)
    expect(new Set(labels.map(labelFingerprint)).size).toBe(4)
    expect(labels.map(({ condition }) => condition)).toEqual(['budget50', 'budget75', 'budget90', 'budget100'])
  })

  it('one that fired is armed again five points below', () => {
    let state: AlertState | null = null
    const told = [500, 451, 450, 449, 499, 500].map((bad) => {
      const [signal] = budgetSpent(spending(bad), NOW, ALERT_POLICY)
      const conditions = signal?.conditions ?? [{ tier: '', severity: 'ticket', verdict: 'clear', reason: null }]
      const outcome = advance(state, conditions, NOW.getTime(), { page: 0, ticket: 0 })
      state = outcome.next
      return outcome.transition ?? outcome.reason
    })
    expect(told).toEqual(['fired', 'hysteresis_hold', 'hysteresis_hold', 'resolved', 'healthy', 'fired'])
  })

  it('all of an SLO are one incident', () => {
    const subjects = budgetSpent(spending(500), NOW, ALERT_POLICY).map(({ subject }) => subject)
    expect(subjects.map(({ alert }) => alert)).toEqual(
      [50, 75, 90, 100].map((threshold) => `checkout-stripe#budget${threshold}`),
    )
    expect(new Set(subjects.map(({ group }) => group)).size).toBe(1)
  })

  it('nothing is said without events', () => {
    const [none] = budgetSpent(reading({ elsewhere: counts(0, 0) }), NOW, ALERT_POLICY) as [Signal]
    expect(said(none)).toBe('ticket frozen frozen_no_events')
  })
})

describe('exhaustion', () => {
  /** Half of the budget left; the last six hours burn like this. */
  const lasting = (burn: number, bad = 500) =>
    said(
      exhaustionSoon(
        reading({ elsewhere: counts(bad, 1_000_000), bad: { 360: [burn * 10, 10_000] } }),
        NOW,
        ALERT_POLICY,
      ),
    )
  it.each([
    ['a burn that it sustains', 1, 'ticket clear'],
    ['18 days', 0.9, 'ticket clear'],
    ['a day and a half', 10, 'ticket clear'],
    ['28 hours: neither soon nor far', 13, 'ticket hold'],
    ['23 hours', 16, 'ticket matched'],
  ])('%s', (_, burn, is) => expect(lasting(burn)).toBe(is))
  it('gone already is told by its threshold', () => expect(lasting(16, 1_000)).toBe('ticket hold'))
  it('a handful of bad events foretells nothing', () => {
    const read = reading({ elsewhere: counts(500, 1_000_000), bad: { 360: [4, 200] } })
    expect(said(exhaustionSoon(read, NOW, ALERT_POLICY))).toBe('ticket clear')
  })
})

describe('what is not measured to the end', () => {
  const silent = reading({ bad: { 10: [0, 0], 70: [0, 0] } })
  const spent = reading({ elsewhere: counts(1_000, 1_000_000), bad: { 360: [160, 10_000] } })
  it.each([
    ['no absence', () => [absence(silent, NOW, ALERT_POLICY, true)]],
    ['no spent budget', () => budgetSpent(spent, NOW, ALERT_POLICY, true)],
    ['no end of the budget', () => [exhaustionSoon(spent, NOW, ALERT_POLICY, true)]],
  ])('tells of %s', (_, signals) => {
    expect(new Set(signals().map(said))).toEqual(new Set(['ticket frozen frozen_remeasuring']))
  })
})

describe('failure modes', () => {
  const found = (id: string, callers: string[], outcome = 'auth') =>
    modeSignal(
      {
        env: 'prod',
        dependency: 'acme-pay',
        outcome,
        callers,
        mode: {
          id,
          mode: 'authentication failure',
          share: 0.25,
          evidence: { n: 100, bad: 25, baselineShare: 0 },
          advice: 'Look.',
        },
      },
      NOW,
      SHORT_KEEP_MS,
    )
  it.each([
    ['F1', ['a', 'b', 'c'], 'page'],
    ['F1', ['a', 'b'], 'ticket'],
    ['F3', ['a', 'b', 'c', 'd'], 'ticket'],
  ])('%s of %j: %s', (id, callers, severity) => expect(found(id, callers).conditions[0]?.severity).toBe(severity))
  it('are there for five minutes before they are told', () => {
    expect(found('F1', ['a']).conditions[0]?.forMinutes).toBe(5)
  })
  it('name their root cause, so that they join what they cause', () => {
    expect(found('F1', ['a']).root).toBe('dependency:acme-pay/auth')
    expect(found('F7', ['a'], '').root).toBe('')
  })
  it('are alerts of a dependency and an environment', () => {
    expect(found('F1', ['a', 'b', 'c', 'd'])).toMatchObject({
      subject: {
        alert: 'prod/acme-pay#F1',
        labels: { alertname: 'DependencyFailureMode', condition: 'F1', dependency: 'acme-pay', env: 'prod' },
      },
      summary: 'acme-pay: authentication failure in 25 % of calls by a, b, c and 1 more',
    })
  })
})

describe('probes', () => {
  const probe = (bad: number, calls: number) => {
    const counted = { env: 'prod', service: 'plumbline', dependency: 'acme-pay', operation: 'GET /health', calls, bad }
    return probeSignal(counted, NOW, SHORT_KEEP_MS)
  }
  it('fail when most checks fail', () => {
    expect(probe(5, 5)).toMatchObject({
      subject: { alertname: 'ProbeFailing', labels: { condition: 'GET /health' } },
      summary: 'probe plumbline acme-pay GET /health fails: 5 of 5 checks',
    })
  })
  it('two failed checks are chance', () => expect(probe(2, 2)).toBeNull())
  it('a part of many is no failing probe', () => expect(probe(4, 10)).toBeNull())
})

describe('an unusual hour', () => {
  const week = (bad: number) => counts(bad, 1_000)
  const usual = [2, 3, 2, 4, 3].map(week)
  const unusual = (bad: number, earlier = usual) => {
    const signal = unusualHour(slo(), { hour: week(bad), earlier }, NOW)
    return signal && said(signal)
  }
  it.each([
    ['as always', 3, 'ticket clear'],
    ['more, and within the usual noise', 10, 'ticket clear'],
    ['far more', 15, 'ticket matched'],
  ])('%s', (_, bad, is) => expect(unusual(bad)).toBe(is))
  it('less than ten bad events are nothing, however unusual', () =>
    expect(unusual(9, [0, 0, 0, 0].map(week))).toBe('ticket clear'))
  it('cannot be told from three weeks', () => expect(unusual(500, usual.slice(0, 3))).toBeNull())
  it('one bad week does not make the next one usual', () =>
    expect(unusual(15, [...usual, week(900)])).toBe('ticket matched'))
})

describe('what mutes an alert', () => {
  const SUBJECT = sloSubject(slo({ labels: { team: 'pay' } }), 'SLOBurnRate')
  const NOW_IS = { severity: 'page' as const, root: 'dependency:acme-pay/timeout' }
  const silence = (name: string, value: string) => ({
    id: 's1',
    matchers: [{ name, op: '=' as const, value }],
    startsAt: ago(MINUTE_MS),
    endsAt: new Date(NOW.getTime() + MINUTE_MS),
    createdBy: '',
    comment: '',
    createdAt: ago(MINUTE_MS),
  })
  const window = {
    id: 'm1',
    scope: { services: ['checkout'], slos: [], dependencies: [], environments: [] },
    schedule: { from: ago(MINUTE_MS), to: new Date(NOW.getTime() + MINUTE_MS) },
    suppress: true,
    excludeFromBudget: false,
    reason: '',
    createdBy: '',
    createdAt: ago(MINUTE_MS),
    endedAt: null,
    reviewAt: null,
  }
  it.each([
    ['slo', 'checkout-stripe'],
    ['service', 'checkout'],
    ['team', 'pay'],
    ['severity', 'page'],
    ['root_cause', 'dependency:acme-pay/timeout'],
    ['alertname', 'SLOBurnRate'],
  ])('a silence on %s=%s', (name, value) => {
    const overlays = { ...NO_OVERLAYS, silences: [silence(name, value)] }
    expect(muteOf(SUBJECT, NOW_IS, overlays, NOW)).toEqual({ reason: 'silenced', overlay: 's1' })
  })
  it('maintenance comes before a silence', () => {
    const overlays = { ...NO_OVERLAYS, silences: [silence('service', 'checkout')], maintenance: [window] }
    expect(muteOf(SUBJECT, NOW_IS, overlays, NOW)).toEqual({ reason: 'maintenance', overlay: 'm1' })
  })
  it('nothing, once it is over', () => {
    const overlays = { ...NO_OVERLAYS, silences: [silence('service', 'checkout')], maintenance: [window] }
    expect(muteOf(SUBJECT, NOW_IS, overlays, new Date(NOW.getTime() + MINUTE_MS))).toBeNull()
  })
})
