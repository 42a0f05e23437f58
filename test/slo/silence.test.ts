import { describe, expect, test } from 'vitest'
import { type Silence, silencedBy, silenceState, silenceTimesFault } from '../../slo/overlay/silence.ts'

const NOON = new Date('2026-03-02T12:00:00Z')
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const plus = (ms: number) => new Date(NOON.getTime() + ms)
const LABELS = { service: 'checkout', severity: 'page' }

const silence = (changed: Partial<Silence> = {}): Silence => ({
  id: 's1',
  matchers: [{ name: 'service', op: '=', value: 'checkout' }],
  startsAt: NOON,
  endsAt: plus(HOUR_MS),
  createdBy: 'ada',
  comment: 'upgrade',
  createdAt: NOON,
  ...changed,
})

describe('a silence holds from its start up to its end', () => {
  const rows: [string, number, string][] = [
    ['before', -1, 'pending'],
    ['at its start', 0, 'active'],
    ['just before its end', HOUR_MS - 1, 'active'],
    ['at its end', HOUR_MS, 'expired'],
  ]
  test.each(rows)('%s', (_, ms, state) => {
    expect(silenceState(silence(), plus(ms))).toBe(state)
    expect(silencedBy([silence()], LABELS, plus(ms)) !== null).toBe(state === 'active')
  })
})

test('other labels are not silenced', () => {
  expect(silencedBy([silence()], { service: 'cart' }, NOON)).toBeNull()
})

test('of several silences the one that ends last is named', () => {
  const longer = silence({ id: 's2', endsAt: plus(2 * HOUR_MS) })
  expect(silencedBy([silence(), longer, silence({ id: 's3' })], LABELS, NOON)?.id).toBe('s2')
})

describe('times that are refused', () => {
  const rows: [string, Partial<Silence>, string | null][] = [
    ['ends before it starts', { endsAt: plus(-1) }, 'after startsAt'],
    ['is over', { startsAt: plus(-2), endsAt: plus(-1) }, 'in the past'],
    ['lasts longer than a month', { endsAt: plus(31 * DAY_MS) }, '30 days'],
    ['lasts a month exactly', { endsAt: plus(30 * DAY_MS) }, null],
    ['began long ago and lasts a month from now', { startsAt: plus(-9 * DAY_MS), endsAt: plus(30 * DAY_MS) }, null],
  ]
  test.each(rows)('%s', (_, changed, fault) => {
    const found = silenceTimesFault(silence(changed), NOON)
    if (fault === null) expect(found).toBeNull()
    else expect(found).toContain(fault)
  })
})
