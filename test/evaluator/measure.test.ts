import { beforeEach, describe, expect, it } from 'vitest'
import { createMeasurer } from '../../evaluator/measure/measure.ts'
import { merge } from '../../evaluator/measure/ranges.ts'
import type { Slo } from '../../slo/model.ts'
import { lastMeasured, measureMinutes } from '../../storage/indicator-minutes.ts'
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

  it('says which histories are not complete, and goes on with them a day at a time', async () => {
    for (const day of [1, 2]) await storeMinute(store.db, at(-day * 1440), 4 * day)
    const { measure } = measurer(0)
    const behind = new Set([SLO.generation])
    expect(await measure([SLO], date(0))).toEqual(behind)
    expect(await measured()).toEqual([])
    expect(await measure([SLO], date(0, 5_000))).toEqual(behind)
    expect(await measured()).toEqual(['-2880:8'])
    expect(await measure([SLO], date(0, 10_000))).toEqual(behind)
    expect(await measure([SLO], date(0, 15_000))).toEqual(new Set())
    expect(await measured()).toEqual(['-2880:8', '-1440:4'])
  })

  it('tells of a new history before any of it is measured', async () => {
    await store.db.command({ query: 'RENAME TABLE calls_1m TO away' })
    await expect(measurer().measure([SLO], date(0))).rejects.toThrow()
    await store.db.command({ query: 'RENAME TABLE away TO calls_1m' })
    const [progress] = await readProgress(store.db, [SLO.generation])
    expect(progress).toMatchObject({ history: { from: date(-3 * 1440), to: date(0) }, measuredUntil: date(-3 * 1440) })
    await measurer().measure([SLO], date(0, 5_000))
    expect(await readProgress(store.db, [SLO.generation])).toMatchObject([{ history: null }])
  })

  it('a backfill that was cut short goes on where it stopped', async () => {
    for (const day of [1, 2]) await storeMinute(store.db, at(-day * 1440), 4 * day)
    // The first of three days is measured and stamped with its end; then the process dies.
    const firstDay = { from: date(-3 * 1440), to: date(-2 * 1440 + 1) }
    await measureMinutes(store.db, [SLO], firstDay, firstDay.to)
    expect((await lastMeasured(store.db, [SLO])).get(SLO.generation)).toEqual(firstDay.to)
    await measurer().measure([SLO], date(0))
    expect(await measured()).toEqual(['-2880:8', '-1440:4'])
  })

  it('late data that arrives for a day already measured is not lost', async () => {
    const { measure } = measurer(0)
    await measure([SLO], date(0))
    await storeMinute(store.db, at(-3 * 1440 + 60), 8)
    await storeSegment(store.db, 'late', at(-3 * 1440 + 60), at(-3 * 1440 + 60, 5), at(0, 1_000))
    await measure([SLO], date(0, 5_000))
    expect(await measured()).toEqual([])
    for (const ms of [10_000, 15_000]) await measure([SLO], date(0, ms))
    expect(await measured()).toEqual(['-4260:8'])
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
