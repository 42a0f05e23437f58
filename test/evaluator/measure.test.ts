import { beforeEach, describe, expect, it } from 'vitest'
import { createMeasurer } from '../../evaluator/measure/measure.ts'
import { merge } from '../../evaluator/measure/ranges.ts'
import type { Slo } from '../../slo/model.ts'
import { readProgress } from '../../storage/indicator-progress.ts'
import { readHistory } from '../../storage/readings.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { MINUTE_MS, QUIET, storeMinute, storeSegment } from './evaluation.ts'

const DAY_MS = 86_400_000
/** A whole day of late, because the store forgets old entries of its ingest log. */
const T0 = Math.floor(Date.now() / DAY_MS) * DAY_MS
const at = (minute: number, ms = 0) => T0 + minute * MINUTE_MS + ms
const date = (minute: number, ms = 0) => new Date(at(minute, ms))

const days = (n: number): Slo['objective'] => ({
  targetPpm: 999_000,
  budgetPpm: 1_000,
  method: 'occurrences',
  window: { kind: 'rolling', minutes: n * 1440, duration: `${n}d` },
  slice: null,
  noData: 'gap',
})
const SLO = sloWith({ name: 'pay', objective: days(3) })

let store: TestDatabase

const measurer = (paceMs = Number.POSITIVE_INFINITY) => createMeasurer(store.db, QUIET, paceMs)

/** Bad calls per minute as measured, `minute:bad`. */
async function measured(slo = SLO): Promise<string[]> {
  const history = await readHistory(store.db, slo, {
    from: new Date(T0 - 40 * DAY_MS),
    to: new Date(T0 + 2 * DAY_MS),
    stepMinutes: 1,
  })
  return history.map(({ minute, good, total }) => `${(minute.getTime() - T0) / MINUTE_MS}:${total - good}`)
}

describe('measuring', () => {
  beforeEach(async () => {
    store = await testDatabase()
    return () => store[Symbol.asyncDispose]()
  })

  it('takes the open minute and the one before once a minute, and again when something arrived', async () => {
    const { measure } = measurer()
    await measure([SLO], date(0))
    await storeMinute(store.db, at(0), 8)
    await measure([SLO], date(0, 30_000))
    expect(await measured()).toEqual([])
    await measure([SLO], date(1, 5_000))
    expect(await measured()).toEqual(['0:8'])
    await storeMinute(store.db, at(1), 4)
    await storeSegment(store.db, 'told', at(1), at(1, 5), at(1, 9_000))
    await measure([SLO], date(1, 10_000))
    expect(await measured()).toEqual(['0:8', '1:4'])
  })

  it('says which minutes it wrote, each once, also those of a measurement that failed', async () => {
    await storeMinute(store.db, at(-3 * 1440), 4)
    const { measure, written } = measurer()
    await measure([SLO], date(0))
    expect(written()).toEqual([{ from: date(-3 * 1440), to: date(0) }])
    expect(written()).toEqual([])
    await storeSegment(store.db, 'late', at(-600), at(-600, 5), at(1))
    await store.db.command({ query: 'RENAME TABLE calls_1m TO away' })
    await expect(measure([SLO], date(1))).rejects.toThrow()
    await store.db.command({ query: 'RENAME TABLE away TO calls_1m' })
    expect(written()).toContainEqual({ from: date(-600), to: date(-599) })
    await measure([SLO], date(1, 5_000))
    expect(written()).toEqual([
      { from: date(-600), to: date(-599) },
      { from: date(0), to: date(1) },
    ])
  })

  it('measures a new definition from the start of its window', async () => {
    await storeMinute(store.db, at(-4 * 1440), 4)
    await storeMinute(store.db, at(-2 * 1440), 8)
    await storeMinute(store.db, at(-5), 12)
    expect(await measurer().measure([SLO], date(0))).toEqual(new Set())
    expect(await measured()).toEqual(['-2880:8', '-5:12'])
  })

  it('measures minutes that late data touched, and only then', async () => {
    const { measure } = measurer()
    await measure([SLO], date(0))
    await storeMinute(store.db, at(-600), 8)
    await measure([SLO], date(10))
    expect(await measured()).toEqual([])
    await storeSegment(store.db, 'late', at(-600), at(-600, 5), at(10))
    await measure([SLO], date(10, 5_000))
    expect(await measured()).toEqual(['-600:8'])
  })

  it('finds a segment that became visible behind one already seen', async () => {
    const { measure } = measurer()
    await measure([SLO], date(0))
    await storeSegment(store.db, 'b', at(9), at(9), at(10))
    await measure([SLO], date(10))
    await storeMinute(store.db, at(-700), 8)
    await storeSegment(store.db, 'a', at(-700), at(-700, 5), at(10, -40_000))
    await measure([SLO], date(10, 5_000))
    expect(await measured()).toContain('-700:8')
  })

  it('after a restart finds what arrived while nobody measured', async () => {
    await storeMinute(store.db, at(-5), 4)
    await measurer().measure([SLO], date(0))
    await storeMinute(store.db, at(-600), 8)
    await storeSegment(store.db, 'meanwhile', at(-600), at(-600, 5), at(30))
    await storeMinute(store.db, at(40), 12)
    await measurer().measure([SLO], date(60))
    expect(await measured()).toEqual(['-600:8', '-5:4', '40:12'])
  })

  it('says which histories are not complete, and goes on with them: the newest hours first, then a day at a time', async () => {
    for (const day of [1, 2]) await storeMinute(store.db, at(-day * 1440), 4 * day)
    await storeMinute(store.db, at(-300), 12)
    const { measure } = measurer(0)
    const behind = new Set([SLO.generation])
    expect(await measure([SLO], date(0))).toEqual(behind)
    expect(await measured()).toEqual(['-300:12'])
    expect(await measure([SLO], date(0, 5_000))).toEqual(behind)
    expect(await measured()).toEqual(['-1440:4', '-300:12'])
    expect(await measure([SLO], date(0, 10_000))).toEqual(new Set())
    expect(await measured()).toEqual(['-2880:8', '-1440:4', '-300:12'])
  })

  it('walks nothing before the first telemetry: a history without any is complete at once', async () => {
    const { measure, backfills } = measurer(0)
    expect(await measure([SLO], date(0))).toEqual(new Set())
    expect(backfills([SLO], date(0))).toEqual(new Map())
    await storeMinute(store.db, at(-120), 8)
    const other = { ...SLO, generation: 'g2' }
    expect(await measure([other], date(1))).toEqual(new Set())
    expect(await measured(other)).toEqual(['-120:8'])
  })

  it('measures the newest hours of a newer SLO before the older days of the first', async () => {
    for (const day of [1, 2]) await storeMinute(store.db, at(-day * 1440), 4 * day)
    await storeMinute(store.db, at(-300), 12)
    const { measure, backfills } = measurer(0)
    await measure([SLO], date(0))
    const newer = { ...SLO, name: 'newer', generation: 'g2' }
    await measure([SLO, newer], date(1))
    expect(await measured(newer)).toEqual(['-300:12'])
    expect(await measured()).toEqual(['-300:12'])
    const known = backfills([SLO, newer], date(1))
    expect([...known.values()].map(({ measuredFrom }) => measuredFrom)).toEqual([date(-420), date(-420)])
    expect(known.get('g2')?.progress).toBeCloseTo(421 / 2881, 6)
  })

  it('tells of a new history before any of it is measured', async () => {
    await storeMinute(store.db, at(-2 * 1440), 8)
    await store.db.command({ query: 'RENAME TABLE indicator_hours TO away' })
    await expect(measurer().measure([SLO], date(0))).rejects.toThrow()
    await store.db.command({ query: 'RENAME TABLE away TO indicator_hours' })
    const [progress] = await readProgress(store.db, [SLO.generation])
    expect(progress).toMatchObject({ history: { from: date(-2 * 1440), to: date(0) }, measuredFrom: date(0) })
    await measurer().measure([SLO], date(0, 5_000))
    expect(await readProgress(store.db, [SLO.generation])).toMatchObject([{ history: null }])
  })

  it('a history that was cut short goes on where it stopped, and what happened meanwhile is measured at once', async () => {
    for (const day of [1, 2]) await storeMinute(store.db, at(-day * 1440), 4 * day)
    await storeMinute(store.db, at(-300), 12)
    await measurer(0).measure([SLO], date(0))
    await storeMinute(store.db, at(30), 16)
    const restarted = measurer(0)
    await restarted.measure([SLO], date(60))
    expect(await measured()).toEqual(['-1440:4', '-300:12', '30:16'])
    const stamps = await store.db.query({
      query: `SELECT toUnixTimestamp64Milli(max(measured_at)) AS at FROM indicator_minutes WHERE minute = toDateTime(${at(-300) / 1000})`,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
    expect(await stamps.json()).toEqual([{ at: at(0) }])
    expect(await restarted.measure([SLO], date(60, 5_000))).toEqual(new Set())
    expect(await measured()).toEqual(['-2880:8', '-1440:4', '-300:12', '30:16'])
  })

  it('late data for a part that is measured already is measured at once, for an older part with that part', async () => {
    await storeMinute(store.db, at(-2 * 1440), 8)
    const { measure } = measurer(0)
    await measure([SLO], date(0))
    await storeMinute(store.db, at(-200), 12)
    await storeMinute(store.db, at(-1440), 4)
    await storeSegment(store.db, 'late', at(-1440), at(-200, 5), at(0, 1_000))
    await measure([SLO], date(0, 5_000))
    expect(await measured()).toEqual(['-1440:4', '-200:12'])
    await measure([SLO], date(0, 10_000))
    expect(await measured()).toEqual(['-2880:8', '-1440:4', '-200:12'])
  })

  it('a failed measurement is made up for', async () => {
    const { measure } = measurer()
    await measure([SLO], date(0))
    await storeMinute(store.db, at(-600), 8)
    await storeSegment(store.db, 'late', at(-600), at(-600, 5), at(1))
    await store.db.command({ query: 'RENAME TABLE calls_1m TO away' })
    await expect(measure([SLO], date(1))).rejects.toThrow()
    await store.db.command({ query: 'RENAME TABLE away TO calls_1m' })
    await measure([SLO], date(1, 5_000))
    expect(await measured()).toContain('-600:8')
  })

  it('a sender whose clock is years off does not make it measure years', async () => {
    const { measure } = measurer()
    await measure([SLO], date(0))
    await storeSegment(store.db, 'off', Date.parse('1971-01-01T00:00:00Z'), Date.parse('2100-01-01T00:00:00Z'), at(1))
    await storeMinute(store.db, at(-600), 8)
    await measure([SLO], date(1))
    expect(await measured()).toContain('-600:8')
  })
})

describe('ranges', () => {
  const ROWS: Record<string, { ranges: [number, number][]; merged: [number, number][] }> = {
    'are widened to whole minutes': { ranges: [[90_001, 100_000]], merged: [[60_000, 120_000]] },
    'that touch become one': {
      ranges: [
        [60_000, 120_000],
        [0, 60_000],
      ],
      merged: [[0, 120_000]],
    },
    'within another vanish': {
      ranges: [
        [0, 600_000],
        [60_000, 120_000],
      ],
      merged: [[0, 600_000]],
    },
    'apart stay apart': {
      ranges: [
        [0, 1],
        [120_000, 120_001],
      ],
      merged: [
        [0, 60_000],
        [120_000, 180_000],
      ],
    },
    'without length vanish': { ranges: [[60_000, 60_000]], merged: [] },
  }
  for (const [title, { ranges, merged }] of Object.entries(ROWS)) {
    it(title, () => {
      const dates = ranges.map(([from, to]) => ({ from: new Date(from), to: new Date(to) }))
      expect(merge(dates).map(({ from, to }) => [from.getTime(), to.getTime()])).toEqual(merged)
    })
  }
})
