import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type OverlayFile, parseOverlayFile, reconcileOverlays } from '../../evaluator/overlays/overlay-file.ts'
import type { StoredMaintenance } from '../../storage/maintenance-windows.ts'
import type { StoredSilence } from '../../storage/silences.ts'

const NOON = new Date('2026-03-02T12:00:00Z')
const HOUR_MS = 3_600_000
const at = (hours: number) => new Date(NOON.getTime() + hours * HOUR_MS)
const FILE = 'overlays.yaml'

const TEXT = `
silences:
  - name: cart-noise
    matchers: ['service="cart"', severity=ticket]
    startsAt: 2026-03-02T11:00:00Z
    endsAt: 2026-03-03T12:00:00Z
    comment: waits for the new client
    createdBy: ada
maintenance:
  - name: stripe-sundays
    scope: { dependencies: [stripe] }
    schedule:
      rrule: |
        DTSTART;TZID=Europe/Berlin:20260301T020000
        RRULE:FREQ=WEEKLY;BYDAY=SU;COUNT=10
      duration: 2h
    reason: weekly upgrade
`
const parsed = (text = TEXT): OverlayFile => {
  const file = parseOverlayFile(text)
  if (Array.isArray(file)) throw new Error(file.join('\n'))
  return file
}
const EMPTY: OverlayFile = { silences: [], maintenance: [] }
const NOTHING = { silences: [] as StoredSilence[], maintenance: [] as StoredMaintenance[] }
const taken = () => reconcileOverlays(parsed(), NOTHING, FILE, NOON)

describe('a file of silences and maintenance windows', () => {
  test('is taken over', () => {
    const { silences, maintenance, problems } = taken()
    expect(problems).toEqual([])
    expect(silences).toMatchObject([
      {
        matchers: [
          { name: 'service', op: '=', value: 'cart' },
          { name: 'severity', op: '=', value: 'ticket' },
        ],
        startsAt: at(-1),
        endsAt: at(24),
        createdBy: 'ada',
        source: FILE,
        revision: 0,
      },
    ])
    expect(maintenance).toMatchObject([
      { scope: { dependencies: ['stripe'] }, suppress: true, createdBy: 'file', source: FILE, endedAt: null },
    ])
  })

  test('that did not change changes nothing, however late', () => {
    expect(reconcileOverlays(parsed(), taken(), FILE, at(1))).toEqual({ ...NOTHING, problems: [] })
    expect(reconcileOverlays(parsed(), taken(), FILE, at(24 * 400))).toEqual({ ...NOTHING, problems: [] })
  })

  test('keeps ids when an entry changes', () => {
    const before = taken()
    const file = parsed(TEXT.replace('12:00:00Z\n    comment', '18:00:00Z\n    comment').replace('2h', '3h'))
    const { silences, maintenance } = reconcileOverlays(file, before, FILE, at(1))
    expect(silences).toMatchObject([{ id: before.silences[0]?.id, revision: 1, endsAt: at(30), createdAt: NOON }])
    expect(maintenance).toMatchObject([
      { id: before.maintenance[0]?.id, revision: 1, schedule: { durationMinutes: 180 }, endedAt: null },
    ])
  })

  test('ends what it no longer has, and leaves what others made', () => {
    const before = taken()
    const others = {
      silences: before.silences.map((each) => ({ ...each, id: 'other', source: 'api' })),
      maintenance: before.maintenance.map((each) => ({ ...each, id: 'other', source: 'api' })),
    }
    const stored = {
      silences: [...before.silences, ...others.silences],
      maintenance: [...before.maintenance, ...others.maintenance],
    }
    const { silences, maintenance } = reconcileOverlays(EMPTY, stored, FILE, at(1))
    expect(silences).toMatchObject([{ id: before.silences[0]?.id, endsAt: at(1), revision: 1 }])
    expect(maintenance).toMatchObject([{ id: before.maintenance[0]?.id, endedAt: at(1), revision: 1 }])
    expect(reconcileOverlays(EMPTY, { silences, maintenance }, FILE, at(2))).toEqual({ ...NOTHING, problems: [] })
  })

  test('brings back what it has again', () => {
    const ended = reconcileOverlays(EMPTY, taken(), FILE, at(1))
    const { silences, maintenance } = reconcileOverlays(parsed(), ended, FILE, at(2))
    expect(silences).toMatchObject([{ endsAt: at(24), revision: 2 }])
    expect(maintenance).toMatchObject([{ endedAt: null, revision: 2, createdAt: at(2) }])
  })

  test('may hold what is over', () => {
    expect(reconcileOverlays(parsed(), NOTHING, FILE, at(48)).silences).toEqual([])
  })

  test('with an entry that cannot be keeps its last good version and takes the others', () => {
    const before = taken()
    const file = parsed(
      TEXT.replace('[\'service="cart"\', severity=ticket]', '[\'service=~".*"\']').replace('2h', '3h'),
    )
    const { silences, maintenance, problems } = reconcileOverlays(file, before, FILE, at(1))
    expect(silences).toEqual([])
    expect(maintenance).toHaveLength(1)
    expect(problems.join()).toContain('cart-noise: every matcher also matches alerts without the label')
  })
})

describe('a file that cannot be read', () => {
  const rows: [string, string, string][] = [
    ['is no YAML', 'silences: [', 'Flow sequence'],
    ['has an unknown key', '\nsilence: []', 'line 2: silence: unknown key; did you mean silences?'],
    [
      'has an unknown key in an entry',
      TEXT.replace('dependencies:', 'dependency:'),
      'maintenance.0.scope.dependency: unknown key; did you mean dependencies?',
    ],
    ['has an entry without name', 'silences: [{ matchers: [a=b], endsAt: 2026-03-03T12:00:00Z, comment: x }]', 'name'],
    ['has a name twice', TEXT.replace('stripe-sundays', 'cart-noise'), 'two entries are named cart-noise'],
    [
      'has a matcher that is none',
      TEXT.replace('severity=ticket', 'ticket'),
      'silences.0.matchers.1: expected a matcher',
    ],
  ]
  test.each(rows)('%s', (_, text, message) => {
    const problems = parseOverlayFile(text)
    expect(Array.isArray(problems) && problems.join('\n')).toContain(message)
  })

  test('an empty file has nothing', () => expect(parseOverlayFile('')).toEqual(EMPTY))

  test('no text crashes it', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseOverlayFile(text)))
  })
})
