import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { measuredOf } from '../../slo/indicator.ts'
import type { Slo } from '../../slo/model.ts'
import { recordBudgetReset } from '../../storage/budget-resets.ts'
import { decisionsReader } from '../../storage/decisions.ts'
import { readFreshness } from '../../storage/freshness.ts'
import { recordIncidentAction } from '../../storage/incident-actions.ts'
import { completeHours } from '../../storage/indicator-hours.ts'
import { createReader, readReadings } from '../../storage/readings.ts'
import { recordSilences, type StoredSilence } from '../../storage/silences.ts'
import { slo } from '../slo/build.ts'
import { testDatabase } from '../support/database.ts'
import { storeHeartbeat } from './calls.ts'

const T0 = Date.parse('2026-01-31T12:00:00Z')
const MINUTE_MS = 60_000
const at = (minutes: number) => new Date(T0 + minutes * MINUTE_MS)
const PATIENCE_MS = 300_000

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())
beforeEach(async () => {
  for (const table of [
    'indicator_minutes',
    'indicator_minutes_by_time',
    'indicator_hours',
    'covered_minutes',
    'collector_reports',
    'ingest_log',
    'budget_resets',
    'silences',
    'incident_actions',
  ])
    await store.db.command({ query: `TRUNCATE TABLE ${table}` })
})

function sloOf(name: string, objective: Partial<Slo['objective']> = {}, windowMinutes = 180): Slo {
  const base = slo({ windowMinutes, targetPpm: 990_000 })
  return {
    ...base,
    name,
    indicator: { ...base.indicator, name } as Slo['indicator'],
    generation: `${name}-1`,
    tiers: [{ severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 10 }],
    objective: { ...base.objective, ...objective },
  }
}

const SLOS = [
  sloOf('events'),
  sloOf('minutes', { method: 'timeslices', slice: { minutes: 1, targetPpm: 950_000 } }),
  sloOf('tens', { method: 'timeslices', slice: { minutes: 10, targetPpm: 950_000 } }),
  sloOf('ratios', { method: 'ratio_timeslices', slice: { minutes: 7, targetPpm: null } }),
  sloOf('long', {}, 40 * 1_440),
]

interface Minute {
  minute: number
  good: number
  total: number
}

/** As a measurement stores them; answers with what the measurer says of it. */
async function measured(slos: readonly Slo[], minutes: readonly Minute[]) {
  await store.db.insert({
    table: 'indicator_minutes',
    format: 'JSONEachRow',
    values: slos.flatMap(({ name, generation }) =>
      minutes.map(({ minute, good, total }) => ({
        indicator: name,
        generation,
        minute: at(minute).getTime() / 1_000,
        good,
        total,
        measured_at: new Date(T0).toISOString(),
      })),
    ),
  })
  return minutes.map(({ minute }) => ({ from: at(minute), to: at(minute + 1) }))
}

/** With whatever was decided until now. */
function readerOf() {
  const [reader, decisions] = [createReader(store.db), decisionsReader(store.db)]
  return {
    async read(slos: readonly Slo[], now: Date, written: readonly { from: Date }[]) {
      const { watermark } = await readFreshness(store.db)
      const { resets, overlays } = await decisions(now)
      return reader.read(slos, now, { watermark, written, resets, maintenance: overlays.maintenance })
    },
  }
}

const heartbeat = (minute: number) => storeHeartbeat(store.db, at(minute).getTime())

describe('readings one after another', () => {
  test(
    'are the ones read anew, whatever was written, however time goes on',
    async () => {
      const minute = fc.record({
        minute: fc.oneof(fc.integer({ min: -200, max: 6 }), fc.integer({ min: -2, max: 3 })),
        bad: fc.nat(20),
        good: fc.nat(100),
      })
      const step = fc.record({
        passed: fc.constantFrom(0, 0.05, 0.1, 1),
        minutes: fc.uniqueArray(minute, { selector: (of) => of.minute, maxLength: 4 }),
        of: fc.subarray(SLOS),
        closes: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 6 }), async (steps) => {
          for (const table of ['indicator_minutes', 'indicator_minutes_by_time', 'indicator_hours', 'covered_minutes'])
            await store.db.command({ query: `TRUNCATE TABLE ${table}` })
          await store.db.command({ query: 'TRUNCATE TABLE collector_reports' })
          for (let m = -240; m < 0; m += 60) await heartbeat(m)
          const reader = readerOf()
          let now = 0.3
          for (const { passed, minutes, of, closes } of steps) {
            now += passed
            await heartbeat(now)
            const written = await measured(
              of,
              minutes.map(({ minute: m, bad, good }) => ({ minute: m, good, total: good + bad })),
            )
            if (closes) {
              const range = { from: at(-240), to: at(now) }
              await completeHours(store.db, measuredOf(SLOS), range, at(now))
            }
            expect(await reader.read(SLOS, at(now), written)).toEqual(await readReadings(store.db, SLOS, at(now)))
            if (closes) await store.db.command({ query: 'TRUNCATE TABLE indicator_hours' })
          }
        }),
        { numRuns: 2 },
      )
    },
    PATIENCE_MS,
  )

  test('do not look at closed minutes that nobody wrote, until the windows move on', async () => {
    const [events] = SLOS as [Slo]
    await measured([events], [{ minute: -100, good: 9, total: 10 }])
    await heartbeat(0.2)
    const reader = readerOf()
    const total = async (now: number, written: { from: Date }[]) => {
      const [reading] = await reader.read([events], at(now), written)
      return reading!.period.counts.total
    }
    expect(await total(0.2, [])).toBe(10)
    await measured([events], [{ minute: -90, good: 9, total: 10 }])
    expect(await total(0.3, [])).toBe(10)
    expect(await total(0.4, [{ from: at(-90) }])).toBe(20)
    await measured([events], [{ minute: -80, good: 9, total: 10 }])
    await heartbeat(1.2)
    expect(await total(1.2, [])).toBe(30)
  })

  test('keep the same windows while nothing about an SLO changed, at the newest watermark', async () => {
    const [events, minutes] = SLOS as [Slo, Slo]
    await measured([events, minutes], [{ minute: -1, good: 9, total: 10 }])
    await heartbeat(0.2)
    const reader = readerOf()
    const before = await reader.read([events, minutes], at(0.2), [])
    await heartbeat(0.4)
    const written = await measured([minutes], [{ minute: -1, good: 8, total: 10 }])
    const after = await reader.read([events, minutes], at(0.4), written)
    expect(after.map(({ watermark }) => watermark)).toEqual([at(0.4), at(0.4)])
    expect(after.map(({ windows }, n) => windows === before[n]!.windows)).toEqual([true, false])
    await recordBudgetReset(store.db, { id: 'r', slo: 'events', at: at(-30), reason: 'agreed', by: 'bea' }, at(0.4))
    const [reset] = await reader.read([events, minutes], at(0.4), [])
    expect([reset?.period.counts.total, reset?.period.raw?.counts.total]).toEqual([10, 10])
    expect(reset?.period.resets).toHaveLength(1)
  })

  test('a read that fails is made up for: what was written meanwhile is seen', async () => {
    const [events] = SLOS as [Slo]
    await heartbeat(0.2)
    const reader = readerOf()
    await reader.read([events], at(0.2), [])
    const written = await measured([events], [{ minute: -90, good: 9, total: 10 }])
    await store.db.command({ query: 'RENAME TABLE covered_minutes TO away' })
    await expect(reader.read([events], at(0.3), written)).rejects.toThrow()
    await store.db.command({ query: 'RENAME TABLE away TO covered_minutes' })
    const [reading] = await reader.read([events], at(0.4), [])
    expect(reading!.period.counts.total).toBe(10)
  })
})

describe('what people decided', () => {
  const silence = (id: string): StoredSilence => ({
    id,
    revision: 1,
    matchers: [{ name: 'service', op: '=', value: 'checkout' }],
    startsAt: at(-10),
    endsAt: at(60),
    createdBy: 'bea',
    createdAt: at(-10),
    comment: 'known',
    source: 'api',
  })

  test('holds from the next read on, each decision as soon as it is made', async () => {
    const decisions = decisionsReader(store.db)
    expect((await decisions(at(0))).overlays.silences).toEqual([])
    await recordSilences(store.db, [silence('a')], at(0))
    expect((await decisions(at(0.1))).overlays.silences.map(({ id }) => id)).toEqual(['a'])
    await recordSilences(store.db, [{ ...silence('a'), revision: 2, endsAt: at(1) }], at(0))
    expect((await decisions(at(0.2))).overlays.silences.map(({ endsAt }) => endsAt)).toEqual([at(1)])
    const acknowledged = { incident: 'i', at: at(0), action: 'acknowledge', author: 'bea', text: '' } as const
    await recordIncidentAction(store.db, { ...acknowledged, until: at(0.5) })
    expect((await decisions(at(0.3))).overlays.acknowledgements.map(({ incident }) => incident)).toEqual(['i'])
    expect((await decisions(at(0.6))).overlays.acknowledgements).toEqual([])
    expect((await decisions(at(2))).overlays.silences).toEqual([])
  })
})
