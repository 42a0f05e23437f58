import { describe, expect, it } from 'vitest'
import { decide } from '../../slo/alert/alert.ts'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import { type AlertState, advance, type Condition, NEVER_FIRED } from '../../slo/alert/alert-state.ts'
import { judgeTier } from '../../slo/alert/alert-verdict.ts'
import type { Slo, Tier } from '../../slo/model.ts'
import type { Reading } from '../../slo/reading.ts'
import { counts, NOW, reading, slo } from './build.ts'

const MINUTE_MS = 60_000
const KEEP = ALERT_POLICY.keepFiringMs

type Verdict = Condition['verdict']
const condition = (verdict: Verdict, rest: Partial<Condition> = {}): Condition => ({
  tier: '1h/5m',
  severity: 'page',
  verdict,
  reason: verdict === 'frozen' ? 'frozen_stale' : null,
  ...rest,
})

/** Plays verdicts of a condition that must hold for ten minutes, one per minute; what each evaluation said. */
function held(verdicts: Verdict[], from: AlertState = NEVER_FIRED): string[] {
  let state = from
  return verdicts.map((verdict, minute) => {
    const outcome = advance(state, [condition(verdict, { forMinutes: 10 })], minute * MINUTE_MS, KEEP)
    state = JSON.parse(JSON.stringify(outcome.next)) as AlertState
    return outcome.transition ?? outcome.reason
  })
}
const matchedFor = (minutes: number): Verdict[] => Array.from({ length: minutes + 1 }, () => 'matched')

describe('a condition that must hold for a while', () => {
  it('fires once it has, and not before', () => {
    expect(held(matchedFor(10))).toEqual([...Array.from({ length: 10 }, () => 'pending'), 'fired'])
  })
  it('that stops holding before is dropped, and says so once', () => {
    expect(held([...matchedFor(8), 'clear', 'clear']).slice(-2)).toEqual(['pending_dropped', 'healthy'])
  })
  it('that stops holding for a minute begins anew', () => {
    expect(held([...matchedFor(8), 'hold', ...matchedFor(9)]).at(-1)).toBe('pending')
    expect(held([...matchedFor(8), 'hold', ...matchedFor(10)]).at(-1)).toBe('fired')
  })
  it('goes on waiting while nothing can be judged', () => {
    expect(held([...matchedFor(5), 'frozen', 'frozen', 'matched', 'matched', 'matched']).at(-1)).toBe('fired')
  })
  it('raises a ticket to a page only once it has held', () => {
    const ticket = condition('matched', { tier: '3d/6h', severity: 'ticket' })
    let state: AlertState = NEVER_FIRED
    const told: string[] = []
    for (let minute = 0; minute <= 10; minute++) {
      const outcome = advance(state, [ticket, condition('matched', { forMinutes: 10 })], minute * MINUTE_MS, KEEP)
      state = outcome.next
      if (outcome.transition) told.push(`${minute} ${outcome.transition}`)
    }
    expect(told).toEqual(['0 fired', '10 escalated'])
  })
})

const TIER: Tier = { severity: 'page', longMinutes: 60, shortMinutes: 60, factor: 2 }
const burning = (burn: number): readonly [number, number] => [burn * 100, 100_000]
const judged = (tier: Tier, burn: number) =>
  judgeTier(tier, reading({ of: slo({ tiers: [tier] }), bad: { 60: burning(burn) } }), ALERT_POLICY).verdict

describe("an author's comparison", () => {
  it.each([
    ['gt', 2, 'hold'],
    ['gt', 2.01, 'matched'],
    ['gte', 2, 'matched'],
    ['gte', 1.99, 'hold'],
    ['gte', 1.8, 'clear'],
    ['lt', 1.99, 'matched'],
    ['lt', 2, 'clear'],
    ['lte', 2, 'matched'],
    ['lte', 2.01, 'clear'],
  ] as const)('%s 2 at a burn of %f: %s', (op, burn, verdict) => expect(judged({ ...TIER, op }, burn)).toBe(verdict))
})

const SHARE: Tier = { severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 14.4 }
/** 43.2 million events in 30 days at 99.9 %: 2 % of the budget are 864 bad events in an hour, 72 in five minutes. */
const spent = (long: number, short: number, traffic: number): Reading =>
  reading({
    of: slo({ tiers: [SHARE], alerting: 'budget-share', guards: { minEvents: 1, minBadEvents: 1 } }),
    elsewhere: counts(0, 43_200_000),
    bad: { 60: [long, traffic], 5: [short, traffic / 12] },
  })
const byShare = (read: Reading) => {
  const { verdict, reason } = judgeTier(SHARE, read, ALERT_POLICY)
  return reason ? `${verdict} ${reason}` : verdict
}

describe('alerting by the share of the budget', () => {
  it.each([
    ['exactly the share in both windows', 864, 72, 60_000, 'matched'],
    ['one event less in the hour', 863, 72, 60_000, 'clear share_not_reached'],
    ['one event less in five minutes', 864, 71, 60_000, 'clear share_not_reached'],
    ['G36 a night hour that burns at 15 with a handful of calls', 30, 30, 2_000, 'clear share_not_reached'],
    ['G37 a peak hour below the burn that spends more than the share', 3_110, 260, 216_000, 'matched'],
  ] as const)('%s: %s', (_, long, short, traffic, verdict) =>
    expect(byShare(spent(long, short, traffic))).toBe(verdict),
  )

  it('has no band that holds: below the share it is clear', () => {
    const { next } = decide(null, spent(864, 72, 60_000), NOW)
    expect(decide(next, spent(850, 72, 60_000), NOW).reason).toBe('keep_firing')
  })
})

describe('time left out of the budget', () => {
  const excluded = (from: number, to: number) => {
    const read = reading({ of: slo({ tiers: [SHARE] }), bad: { 5: [0, 0], 60: [0, 0] } })
    const at = (minutesAgo: number) => new Date(NOW.getTime() - minutesAgo * MINUTE_MS)
    return {
      ...read,
      period: { ...read.period, exclusions: [{ from: at(from), to: at(to), reason: 'upgrade', by: 'ada' }] },
    }
  }
  it('a window with nothing left says why', () => expect(byShare(excluded(90, 0))).toBe('frozen frozen_excluded'))
  it('an exclusion that is over does not', () => expect(byShare(excluded(200, 100))).toBe('frozen frozen_no_events'))
})

describe('minutes that arrive late', () => {
  const of: Slo = slo({ tiers: [SHARE, { severity: 'ticket', longMinutes: 4320, shortMinutes: 360, factor: 1 }] })
  const clean = reading({ of, bad: { 60: burning(166), 5: burning(0) } })
  const late = (from: number, to: number) => ({
    late: { from: new Date(NOW.getTime() - from * MINUTE_MS), to: new Date(NOW.getTime() - to * MINUTE_MS) },
  })
  it('would have fired and cleared: said, not told', () => {
    const decision = decide(null, clean, NOW, ALERT_POLICY, late(45, 35))
    expect([decision.transition, decision.reason]).toEqual([null, 'late_only'])
  })
  it('do not hide a ticket that still holds', () => {
    const burns = reading({ of, bad: { 60: burning(166), 5: burning(0), 360: burning(2), 4320: burning(2) } })
    const decision = decide(null, burns, NOW, ALERT_POLICY, late(45, 35))
    expect(decision).toMatchObject({ transition: 'fired', next: { severity: 'ticket' } })
    expect(decision.verdicts[0]?.reason).toBe('late_only')
  })
  it('that are not late enough to have been missed change nothing', () => {
    expect(decide(null, clean, NOW, ALERT_POLICY, late(4, 2)).reason).toBe('healthy')
    expect(decide(null, clean, NOW).reason).toBe('healthy')
  })
})
