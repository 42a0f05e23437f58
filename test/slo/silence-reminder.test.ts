import { describe, expect, test } from 'vitest'
import type { FiringAlert } from '../../slo/alert/firing-alerts.ts'
import type { Silence } from '../../slo/overlay/silence.ts'
import {
  mutedAlerts,
  type ReminderKind,
  type SilenceMemory,
  silenceReminders,
} from '../../slo/overlay/silence-reminder.ts'

const NOON = new Date('2026-03-20T12:00:00Z')
const DAY_MS = 86_400_000
const day = (days: number) => new Date(NOON.getTime() + days * DAY_MS)

const silence = (changed: Partial<Silence> = {}): Silence => ({
  id: 's1',
  matchers: [{ name: 'service', op: '=', value: 'checkout' }],
  startsAt: day(-8),
  endsAt: day(10),
  createdBy: 'ada',
  comment: 'upgrade',
  createdAt: day(-8),
  ...changed,
})
const ALERT: FiringAlert = {
  incident: 'inc_1',
  labels: { service: 'checkout' },
  summary: 'checkout burns',
  severity: 'page',
  startsAt: day(-1),
  subject: { slo: 'checkout', service: 'checkout', dependency: '', env: '' },
  runbook: '',
}
const memory = (mutedAt: Date | null, remindedAt: SilenceMemory['remindedAt'] = {}): SilenceMemory => ({
  mutedAt,
  remindedAt,
})

interface Row {
  silence?: Partial<Silence>
  fires?: boolean
  memory?: SilenceMemory
  kinds: ReminderKind[]
}

describe('an author is reminded', () => {
  const rows: Record<string, Row> = {
    'after a week, while it still mutes something': { fires: true, kinds: ['outlives_week'] },
    'not before the week is over': { silence: { startsAt: day(-6.9) }, fires: true, kinds: [] },
    weekly: { fires: true, memory: memory(day(-1), { outlives_week: day(-7) }), kinds: ['outlives_week'] },
    'not more often': { fires: true, memory: memory(day(-1), { outlives_week: day(-6.9) }), kinds: [] },
    'a day before it ends, while it mutes something': {
      silence: { startsAt: day(-2), endsAt: day(0.9) },
      fires: true,
      kinds: ['ends_soon'],
    },
    'once of its end': {
      silence: { startsAt: day(-2), endsAt: day(0.5) },
      fires: true,
      memory: memory(day(-1), { ends_soon: day(-0.4) }),
      kinds: [],
    },
    'not of its end when nothing will be told then': { silence: { startsAt: day(-2), endsAt: day(0.9) }, kinds: [] },
    'not of the end of a silence of hours': {
      silence: { startsAt: day(-0.1), endsAt: day(0.1) },
      fires: true,
      kinds: [],
    },
    'of both': { silence: { endsAt: day(0.9) }, fires: true, kinds: ['outlives_week', 'ends_soon'] },
    'when it muted nothing for a week': { kinds: ['matched_nothing'] },
    'when it last muted something a week ago': {
      silence: { startsAt: day(-20) },
      memory: memory(day(-7)),
      kinds: ['matched_nothing'],
    },
    'not when it muted something since': { silence: { startsAt: day(-20) }, memory: memory(day(-6)), kinds: [] },
    'not again within a week': { memory: memory(null, { matched_nothing: day(-1) }), kinds: [] },
    'not of a silence that has not begun': { silence: { startsAt: day(1) }, fires: true, kinds: [] },
    'not of one that is over': { silence: { endsAt: day(-0.1) }, fires: true, kinds: [] },
  }
  for (const [title, row] of Object.entries(rows)) {
    test(title, () => {
      const memories = new Map(row.memory ? [['s1', row.memory]] : [])
      const due = silenceReminders([silence(row.silence)], row.fires ? [ALERT] : [], memories, NOON)
      expect(due.map(({ kind }) => kind)).toEqual(row.kinds)
    })
  }

  test('by name, with what it mutes and what to do', () => {
    const [reminder] = silenceReminders([silence()], [ALERT, ALERT], new Map(), NOON)
    expect(reminder?.text).toBe(
      'ada: this silence of 2026-03-12 still mutes checkout burns and 1 more; fix it, or end the silence',
    )
  })
})

test('alerts that other silences mute are not counted', () => {
  const other = silence({ id: 's2', matchers: [{ name: 'service', op: '=', value: 'cart' }] })
  expect([...mutedAlerts([silence(), other], [ALERT], NOON).keys()]).toEqual(['s1'])
})
