import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Decision, decide } from '../../slo/alert/alert.ts'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import { type AlertState, type FiringAlert, NEVER_FIRED, switchedOff } from '../../slo/alert/alert-state.ts'
import { judgeTier } from '../../slo/alert/alert-verdict.ts'
import type { Tier } from '../../slo/model.ts'
import type { Reading, WindowReading } from '../../slo/reading.ts'
import { counts, NOW, reading, slo } from './build.ts'

const MINUTE_MS = 60_000
const minutesAgo = (minutes: number) => NOW.getTime() - minutes * MINUTE_MS

/** Bad and total events of a window with the given burn at 99.9 %: 100,000 events. */
const burning = (burn: number): readonly [number, number] => [burn * 100, 100_000]

const PAGE = 'page 1h/5m'
const SLOW_PAGE = 'page 6h/30m'
const TICKET = 'ticket 3d/6h'

/** Burn of both windows of the 1 h page, the 6 h page and the 3 d ticket. */
type Pair = [long: number, short: number]
function burns({
  page = [0, 0],
  slowPage = [0, 0],
  ticket = [0, 0],
}: {
  page?: Pair
  slowPage?: Pair
  ticket?: Pair
} = {}): Reading {
  const [pageLong, pageShort] = page
  const [slowLong, slowShort] = slowPage
  const [ticketLong, ticketShort] = ticket
  // The 6 h window is the slow page's long and the ticket's short one: the ticket needs it low, a slow page high.
  const sixHours = Math.max(slowLong, ticketShort)
  return reading({
    elsewhere: counts(0, 100_000),
    bad: {
      60: burning(pageLong),
      5: burning(pageShort),
      360: burning(sixHours),
      30: burning(slowShort),
      4320: burning(ticketLong),
    },
  })
}

function firing(changes: Partial<FiringAlert> = {}): FiringAlert {
  return {
    phase: 'firing',
    severity: 'page',
    startedAtMs: minutesAgo(30),
    episode: [PAGE],
    clearSinceMs: { page: null, ticket: minutesAgo(30) },
    pendingSinceMs: {},
    frozen: null,
    ...changes,
  }
}
const ticketing = (changes: Partial<FiringAlert> = {}) =>
  firing({ severity: 'ticket', episode: [TICKET], clearSinceMs: { page: minutesAgo(30), ticket: null }, ...changes })

const outcome = ({ next, transition, reason }: Decision) => {
  const state = next.phase === 'firing' ? `firing ${next.severity}` : 'inactive'
  return `${transition ?? 'stays'} ${state}: ${reason}`
}

describe('transitions', () => {
  const ROWS: Record<string, { from: AlertState | null; reading: Reading; to: string }> = {
    'inactive, nothing burns → inactive': { from: null, reading: burns(), to: 'stays inactive: healthy' },
    'inactive, page tier matched → firing page': {
      from: null,
      reading: burns({ page: [15, 15] }),
      to: 'fired firing page: first',
    },
    'inactive, only ticket tier matched → firing ticket': {
      from: null,
      reading: burns({ ticket: [1.1, 1.1] }),
      to: 'fired firing ticket: first',
    },
    'inactive, page and ticket matched → firing page': {
      from: null,
      reading: burns({ page: [15, 15], ticket: [2, 2] }),
      to: 'fired firing page: first',
    },
    'inactive, in the hold band → inactive': {
      from: null,
      reading: burns({ page: [14, 14] }),
      to: 'stays inactive: healthy',
    },
    'firing ticket, page tier matched → firing page': {
      from: ticketing(),
      reading: burns({ page: [15, 15], ticket: [2, 2] }),
      to: 'escalated firing page: escalated',
    },
    'firing page, still matched → same': {
      from: firing(),
      reading: burns({ page: [15, 15] }),
      to: 'stays firing page: same_state',
    },
    'firing page, in the hold band → same': {
      from: firing({ clearSinceMs: { page: minutesAgo(60), ticket: minutesAgo(60) } }),
      reading: burns({ page: [13.5, 13.5] }),
      to: 'stays firing page: hysteresis_hold',
    },
    'firing page, just clear → same': {
      from: firing(),
      reading: burns(),
      to: 'stays firing page: keep_firing',
    },
    'firing page, clear for a second less than 5 min → same': {
      from: firing({ clearSinceMs: { page: minutesAgo(5) + 1000, ticket: minutesAgo(30) } }),
      reading: burns(),
      to: 'stays firing page: keep_firing',
    },
    'firing page, clear for 5 min, ticket never alive → resolved': {
      from: firing({ clearSinceMs: { page: minutesAgo(5), ticket: minutesAgo(30) } }),
      reading: burns(),
      to: 'resolved inactive: resolved',
    },
    'firing page, clear for 5 min, ticket alive → firing ticket': {
      from: firing({ episode: [PAGE, TICKET], clearSinceMs: { page: minutesAgo(5), ticket: null } }),
      reading: burns({ ticket: [1.1, 1.1] }),
      to: 'deescalated firing ticket: deescalated',
    },
    'firing page, clear for 5 min, ticket in its hold band → firing ticket': {
      from: firing({ episode: [PAGE, TICKET], clearSinceMs: { page: minutesAgo(5), ticket: null } }),
      reading: burns({ ticket: [0.95, 0.95] }),
      to: 'deescalated firing ticket: deescalated',
    },
    'firing page, clear for 5 min, a ticket in the hold band that never matched → resolved': {
      from: firing({ clearSinceMs: { page: minutesAgo(5), ticket: minutesAgo(9) } }),
      reading: burns({ ticket: [0.95, 0.95] }),
      to: 'resolved inactive: resolved',
    },
    'firing page, clear for 5 min, ticket clear for a minute → resolved': {
      from: firing({ episode: [PAGE, TICKET], clearSinceMs: { page: minutesAgo(5), ticket: minutesAgo(1) } }),
      reading: burns(),
      to: 'resolved inactive: resolved',
    },
    'firing page, one tier clear and another of the episode holding → same': {
      from: firing({ episode: [PAGE, SLOW_PAGE], clearSinceMs: { page: minutesAgo(60), ticket: minutesAgo(60) } }),
      reading: burns({ slowPage: [5.5, 5.5] }),
      to: 'stays firing page: hysteresis_hold',
    },
    'firing ticket, clear for less than 30 min → same': {
      from: ticketing({ clearSinceMs: { page: minutesAgo(60), ticket: minutesAgo(29) } }),
      reading: burns(),
      to: 'stays firing ticket: keep_firing',
    },
    'firing ticket, clear for 30 min → resolved': {
      from: ticketing({ clearSinceMs: { page: minutesAgo(60), ticket: minutesAgo(30) } }),
      reading: burns(),
      to: 'resolved inactive: resolved',
    },
    'firing ticket, a page tier in its hold band → stays ticket': {
      from: ticketing(),
      reading: burns({ page: [14, 14], ticket: [2, 2] }),
      to: 'stays firing ticket: same_state',
    },
  }
  for (const [title, { from, reading, to }] of Object.entries(ROWS)) {
    it(title, () => expect(outcome(decide(from, reading, NOW))).toBe(to))
  }

  it('an SLO whose alerting is switched off ends what fires and starts nothing', () => {
    const silent = reading({ of: slo({ alerting: 'off' }), bad: { 60: burning(20), 5: burning(20) } })
    expect(outcome(decide(null, silent, NOW))).toBe('stays inactive: policy_off')
    expect(outcome(decide(firing(), silent, NOW))).toBe('resolved inactive: alerting_off')
    expect(switchedOff(firing(), 'alerting_off').next).toEqual(NEVER_FIRED)
  })

  it('the clear clock starts over when the severity comes alive again', () => {
    const clear = decide(firing(), burns(), NOW).next as FiringAlert
    expect(clear.clearSinceMs.page).toBe(NOW.getTime())
    const alive = decide(clear, burns({ page: [13.5, 13.5] }), NOW).next as FiringAlert
    expect(alive.clearSinceMs.page).toBeNull()
  })

  it('an alert begins with the minute that was judged last', () => {
    const at = (iso: string) => {
      const read = { ...burns({ page: [15, 15] }), watermark: new Date(iso) }
      return new Date((decide(null, read, new Date(iso)).next as FiringAlert).startedAtMs).toISOString()
    }
    expect(at('2026-01-01T00:01:00Z')).toBe('2026-01-01T00:00:00.000Z')
    expect(at('2026-01-01T00:00:55Z')).toBe('2026-01-01T00:00:00.000Z')
    expect(at('2026-01-01T00:01:05Z')).toBe('2026-01-01T00:01:00.000Z')
  })

  it('leads with the tier that burns fastest for its factor', () => {
    const { lead } = decide(null, burns({ page: [15, 200], slowPage: [18, 18], ticket: [1.5, 18] }), NOW)
    expect(lead).toMatchObject({ tier: '6h/30m', governing: 'long' })
    expect(decide(null, burns({ page: [200, 15] }), NOW).lead).toMatchObject({ tier: '1h/5m', governing: 'short' })
  })
})

const TIER: Tier = { severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 14.4 }
interface SampledWindow {
  bad: number
  total: number
  variance: { good: number; bad: number }
  seen: { good: number; bad: number }
}

const one = (bad: Record<number, readonly [number, number]>, coverage: Record<number, number> = {}) =>
  reading({ of: slo({ tiers: [TIER] }), bad, coverage })
const verdictOf = (read: Reading) => {
  const { verdict, reason } = judgeTier(TIER, read, ALERT_POLICY)
  return reason ? `${verdict} ${reason}` : verdict
}

describe('the verdict of a tier', () => {
  const ROWS: Record<string, { reading: Reading; is: string }> = {
    'both windows above the factor': { reading: one({ 60: burning(14.5), 5: burning(14.5) }), is: 'matched' },
    'G32 long over, short not': { reading: one({ 60: burning(20), 5: burning(1) }), is: 'clear' },
    'G32 short over, long not': { reading: one({ 60: burning(1), 5: burning(20) }), is: 'clear' },
    'G32 both exactly at the factor': { reading: one({ 60: [144, 10_000], 5: [144, 10_000] }), is: 'hold' },
    'long in the hold band, short over': { reading: one({ 60: burning(14), 5: burning(20) }), is: 'hold' },
    'exactly at the clear band': { reading: one({ 60: [1296, 100_000], 5: burning(20) }), is: 'clear' },
    'one event above the clear band': { reading: one({ 60: [1297, 100_000], 5: burning(20) }), is: 'hold' },
    'coverage of the long window below the floor': {
      reading: one({ 60: burning(20), 5: burning(20) }, { 60: 0.89 }),
      is: 'frozen frozen_coverage',
    },
    'coverage of the short window below the floor': {
      reading: one({ 60: burning(20), 5: burning(20) }, { 5: 0.89 }),
      is: 'frozen frozen_coverage',
    },
    'coverage at the floor': { reading: one({ 60: burning(20), 5: burning(20) }, { 60: 0.9, 5: 0.9 }), is: 'matched' },
    'long unknown, short known and clear: one false half settles it': {
      reading: one({ 60: burning(20), 5: burning(0) }, { 60: 0.5 }),
      is: 'clear',
    },
    'short unknown, long known and clear': {
      reading: one({ 60: burning(0), 5: burning(20) }, { 5: 0.5 }),
      is: 'clear',
    },
    'no events in the short window': { reading: one({ 60: burning(20), 5: [0, 0] }), is: 'frozen frozen_no_events' },
    'no events at all': { reading: one({ 60: [0, 0], 5: [0, 0] }), is: 'frozen frozen_no_events' },
    'fewer events than the guard': { reading: one({ 60: [50, 99], 5: [5, 9] }), is: 'frozen frozen_min_events' },
    'as many events as the guard': { reading: one({ 60: [50, 100], 5: [5, 9] }), is: 'matched' },
    'fewer bad events than the guard': { reading: one({ 60: [4, 100], 5: [1, 9] }), is: 'clear below_min_bad_events' },
    'as many bad events as the guard': { reading: one({ 60: [5, 100], 5: [1, 9] }), is: 'matched' },
    'few bad events in the hold band hold': { reading: one({ 60: [4, 290], 5: [1, 9] }), is: 'hold' },
    'a window that was not read': {
      reading: { ...one({}), windows: new Map() },
      is: 'frozen frozen_coverage',
    },
  }
  for (const [title, { reading, is }] of Object.entries(ROWS)) {
    it(`${title}: ${is}`, () => expect(verdictOf(reading)).toBe(is))
  }

  const sampled = (windows: Record<number, SampledWindow>) => {
    const read = one(
      Object.fromEntries(Object.entries(windows).map(([minutes, { bad, total }]) => [minutes, [bad, total]])),
    )
    const withSeen = [...read.windows].map(([minutes, window]): [number, WindowReading] => {
      const { variance, seen } = windows[minutes] ?? {}
      return [minutes, { ...window, ...(variance && { variance }), ...(seen && { seen }) }]
    })
    return { ...read, windows: new Map(withSeen) }
  }
  /** So many good and bad calls of one weight each, and a bad one of weight 1,000 where it is `heavy`. */
  const mixed = (good: number, bad: number, { weight = 1, heavy = 0 } = {}): SampledWindow => ({
    bad: bad * weight + heavy * 1_000,
    total: (good + bad) * weight + heavy * 1_000,
    variance: { good: good * weight * (weight - 1), bad: bad * weight * (weight - 1) + heavy * 999_000 },
    seen: { good, bad: bad + heavy },
  })
  const SAMPLED: Record<string, { window: SampledWindow; is: string }> = {
    'one bad call that claims to be a thousand': {
      window: mixed(1_000, 0, { heavy: 1 }),
      is: 'clear below_min_bad_events',
    },
    'a few such calls among many good ones': { window: mixed(20_000, 0, { heavy: 6 }), is: 'clear few_heavy_calls' },
    'a few such calls hide no outage': { window: mixed(50, 50, { heavy: 6 }), is: 'matched' },
    'one in ten sampled, as many bad ones as the guard': { window: mixed(95, 5, { weight: 10 }), is: 'matched' },
    'one in ten sampled, fewer calls seen than the guard': {
      window: mixed(79, 20, { weight: 10 }),
      is: 'frozen frozen_min_events',
    },
  }
  for (const [title, { window, is }] of Object.entries(SAMPLED)) {
    it(`${title}: ${is}`, () => expect(verdictOf(sampled({ 60: window, 5: window }))).toBe(is))
  }

  it('never matches below the factor and never clears above nine tenths of it', () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.nat(5_000), (badLong, badShort) => {
        const { verdict } = judgeTier(TIER, one({ 60: [badLong, 100_000], 5: [badShort, 100_000] }), ALERT_POLICY)
        const lesser = Math.min(badLong, badShort) / 100
        if (verdict === 'matched') expect(lesser).toBeGreaterThan(14.4)
        else if (verdict === 'clear') expect(lesser).toBeLessThanOrEqual(12.96)
        else expect(lesser > 12.96 && lesser <= 14.4).toBe(true)
      }),
    )
  })
})

describe('data that cannot be judged freezes', () => {
  const over = { 60: burning(20), 5: burning(20) }
  const clearLongAgo = firing({ clearSinceMs: { page: minutesAgo(60), ticket: minutesAgo(60) } })
  const only = (changes: Parameters<typeof reading>[0] = {}) => reading({ of: slo({ tiers: [TIER] }), ...changes })

  const ROWS: Record<string, { reading: Reading; reason: string; now?: Date; remeasuring?: boolean }> = {
    'G40 coverage 0.89 in both windows': {
      reading: only({ bad: over, coverage: { 60: 0.89, 5: 0.89 } }),
      reason: 'frozen_coverage',
    },
    'a watermark older than 3 min': {
      reading: only({ bad: over }),
      now: new Date(NOW.getTime() + 3 * MINUTE_MS + 1),
      reason: 'frozen_stale',
    },
    'no telemetry at all': { reading: only({ bad: over, watermark: null }), reason: 'frozen_stale' },
    'an impossible minute (G39)': { reading: only({ bad: over, invalidMinute: NOW }), reason: 'frozen_invalid' },
    'a history that is still being measured': {
      reading: only({ bad: over }),
      remeasuring: true,
      reason: 'frozen_remeasuring',
    },
    'no events': { reading: only({ elsewhere: counts(0, 0) }), reason: 'frozen_no_events' },
    'too few events': { reading: only({ elsewhere: counts(20, 50) }), reason: 'frozen_min_events' },
  }
  for (const [title, { reading, reason, now = NOW, remeasuring = false }] of Object.entries(ROWS)) {
    it(`${title}: silent stays silent`, () => {
      const { next, transition, reason: told } = decide(null, reading, now, ALERT_POLICY, { remeasuring })
      expect([transition, told]).toEqual([null, reason])
      expect(next).toEqual({ ...NEVER_FIRED, frozen: reason })
    })
    it(`${title}: firing stays firing, and the clear clock starts over`, () => {
      const { next, transition, reason: told } = decide(clearLongAgo, reading, now, ALERT_POLICY, { remeasuring })
      expect([transition, told]).toEqual([null, reason])
      expect(next).toMatchObject({ phase: 'firing', severity: 'page', frozen: reason, clearSinceMs: { page: null } })
    })
  }

  it('a watermark of exactly 3 min is fresh enough', () => {
    const now = new Date(NOW.getTime() + 3 * MINUTE_MS)
    expect(decide(null, only({ bad: over }), now).transition).toBe('fired')
  })

  it('is told off again when data is back', () => {
    const frozen = decide(clearLongAgo, only({ bad: over, watermark: null }), NOW).next
    expect(decide(frozen, only({ bad: over }), NOW)).toMatchObject({ reason: 'same_state', next: { frozen: null } })
  })

  it('a tier that cannot be judged does not keep another from firing', () => {
    const two = slo({ tiers: [TIER, { severity: 'page', longMinutes: 360, shortMinutes: 30, factor: 6 }] })
    const half = reading({ of: two, bad: over, coverage: { 360: 0.5, 30: 0.5 } })
    expect(decide(null, half, NOW).transition).toBe('fired')
  })
})

describe('little traffic', () => {
  /** 20 requests in 30 days, one of them bad just now: every window holds it. */
  const twenty = (guards: { minEvents: number; minBadEvents: number }) =>
    reading({ of: slo({ guards }), elsewhere: counts(1, 20) })

  it('G30 with the guards off: one page, which covers the tickets', () => {
    const { next, transition, verdicts } = decide(null, twenty({ minEvents: 0, minBadEvents: 0 }), NOW)
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['matched', 'matched', 'matched', 'matched'])
    expect(transition).toBe('fired')
    expect(next).toMatchObject({ severity: 'page' })
  })

  it('G30 with two bad events asked for: nothing', () => {
    const { transition, reason } = decide(null, twenty({ minEvents: 0, minBadEvents: 2 }), NOW)
    expect([transition, reason]).toEqual([null, 'below_min_bad_events'])
  })
})

describe('state', () => {
  it('goes through JSON unchanged, whatever happened', () => {
    const burn = fc.double({ min: 0, max: 30, noNaN: true })
    const pair = fc.tuple(burn, burn)
    fc.assert(
      fc.property(fc.array(fc.record({ page: pair, slowPage: pair, ticket: pair }), { maxLength: 30 }), (steps) => {
        let state: AlertState | null = null
        for (const [n, step] of steps.entries()) {
          const at = new Date(NOW.getTime() + n * MINUTE_MS)
          const { next } = decide(state, { ...burns(step), watermark: at }, at)
          expect(JSON.parse(JSON.stringify(next))).toEqual(next)
          state = next
        }
      }),
    )
  })
})
