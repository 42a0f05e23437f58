import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measuredOf } from '../../slo/indicator.ts'
import type { MeasuredIndicator, Slo } from '../../slo/model.ts'
import { measureIndicators } from '../../storage/indicator-minutes.ts'
import { selectMinutes } from '../../storage/indicator-select.ts'
import { previewSlo } from '../../storage/preview.ts'
import { readReadings } from '../../storage/readings.ts'
import { gauge, metric, sloDocument, sloOf } from '../slo/openslo/builder.ts'
import { testDatabase } from '../support/database.ts'
import { type CallRow, callRow, storeCalls, storeHeartbeat } from './calls.ts'
import { storeSums } from './points.ts'

const T0 = Date.parse('2026-01-10T00:00:00Z')
const MINUTE = 60_000
const MINUTES = 120
const at = (minute: number, seconds = 0) => T0 + minute * MINUTE + seconds * 1_000
const RANGE = { from: new Date(T0), to: new Date(at(MINUTES)) }

/** Three good calls to pay in each minute; in minute 70 one of them fails; in 90 to 99 nobody calls pay, others go on. */
const QUIET = { from: 90, to: 100 }
const pay = (minute: number, over: object = {}): CallRow => ({
  ...callRow({ ts: at(minute, 5), service: 'shop', dependency: 'pay' }),
  ...over,
})
const CALLS: CallRow[] = Array.from({ length: MINUTES }, (_, minute) => [
  callRow({ ts: at(minute, 1), service: 'other', dependency: 'mail' }),
  ...(minute >= QUIET.from && minute < QUIET.to
    ? []
    : [pay(minute), pay(minute), pay(minute, minute === 70 ? { outcome: 'timeout' } : {})]),
]).flat()

/** Minutes of retries: 10 logical calls and 1 retry · 10 and 2 · 0 and 1 · one sampled call that stands for 4, and 1 retry. */
const RETRIES: CallRow[] = [
  [10, 1],
  [10, 2],
  [0, 1],
].flatMap(([first = 0, retries = 0], minute) => [
  ...Array.from({ length: first }, () => pay(minute, { dependency: 'ship' })),
  ...Array.from({ length: retries }, () => pay(minute, { dependency: 'ship', attempt: 1 })),
])
RETRIES.push(pay(3, { dependency: 'ship', weight: 4 }), pay(3, { dependency: 'ship', attempt: 2 }))

const store = await testDatabase()
afterAll(() => store[Symbol.asyncDispose]())
beforeAll(async () => {
  await storeCalls(store.db, [...CALLS, ...RETRIES], 'rates')
  const counter = (name: string, values: number[]) =>
    values.map((value, n) => ({ metric: name, at: at(n, 30), since: at(-600), value }))
  // Gains 10, 20, 0, 5 were expected; 12, 19, 3, 5 arrived.
  await storeSums(store.db, [
    ...counter('expected', [100, 110, 130, 130, 135]),
    ...counter('delivered', [100, 112, 131, 134, 139]),
  ])
  for (let minute = 0; minute <= MINUTES; minute++) await storeHeartbeat(store.db, at(minute))
})

const threshold = (spec: object) => ({ thresholdMetric: metric(spec) })
const TO_PAY = { source: 'calls', service: 'shop', dependency: 'pay' }
const TO_SHIP = { ...TO_PAY, dependency: 'ship' }
const SLICES = { timeSliceTarget: 1, timeSliceWindow: '1m' }

const sloWith = (
  spec: object,
  objective: object,
  more: { annotations?: Record<string, string>; method?: string } = {},
) => sloOf(sloDocument({ sli: threshold(spec), objectives: [{ target: 0.99, ...objective }], ...more }))

/** `minute:good/total` of the first minutes. */
async function minutesOf(indicator: Slo['indicator'], to = 5): Promise<string[]> {
  const rows = await selectMinutes(store.db, indicator as MeasuredIndicator, { ...RANGE, to: new Date(at(to)) })
  return rows
    .toSorted((a, b) => Number(a.minute) - Number(b.minute))
    .map(({ minute, good, total }) => `${(minute.getTime() - T0) / MINUTE}:${good}/${total}`)
}

describe('every minute is one event, by what is counted in it', () => {
  test('throughput: at least so many calls a minute', async () => {
    const { indicator } = sloWith({ ...TO_PAY, per: 'minute' }, { op: 'gte', value: 3 })
    expect(await minutesOf(indicator, 3)).toEqual(['0:1/1', '1:1/1', '2:1/1'])
    const more = sloWith({ ...TO_PAY, per: 'minute' }, { op: 'gt', value: 3 })
    expect(await minutesOf(more.indicator, 3)).toEqual(['0:0/1', '1:0/1', '2:0/1'])
  })

  test('throughput of good calls alone, and a minute without calls is none', async () => {
    const { indicator } = sloWith({ ...TO_PAY, outcome: 'ok', per: 'minute' }, { op: 'gte', value: 3 })
    const minutes = await minutesOf(indicator, MINUTES)
    expect(minutes).toHaveLength(MINUTES - 10)
    expect(minutes.filter((text) => text.includes(':0/'))).toEqual(['70:0/1'])
  })

  test('sampled calls count for what they stand for', async () => {
    const { indicator } = sloWith({ ...TO_SHIP, per: 'minute' }, { op: 'gte', value: 5 })
    expect(await minutesOf(indicator)).toEqual(['0:1/1', '1:1/1', '2:0/1', '3:1/1'])
  })

  test('a counter: what it gains in a minute', async () => {
    const spec = { source: 'metric', name: 'delivered', kind: 'sum', per: 'minute' }
    const { indicator } = sloWith(spec, { op: 'gte', value: 12 })
    expect(await minutesOf(indicator)).toEqual(['0:0/0', '1:1/1', '2:1/1', '3:0/1', '4:0/1'])
  })

  test('attempts for each logical call: a ratio above 1 is judged by the bound, and a retry without a first is no event', async () => {
    const spec = { ...TO_SHIP, per: { ...TO_SHIP, attempt: 'first' } }
    // 11/10, 12/10, 1/0, 5/4
    const at1 = sloWith(spec, { op: 'lte', value: 1.1 })
    expect(await minutesOf(at1.indicator)).toEqual(['0:1/1', '1:0/1', '2:0/0', '3:0/1'])
    const at2 = sloWith(spec, { op: 'lt', value: 1.2 })
    expect(await minutesOf(at2.indicator)).toEqual(['0:1/1', '1:0/1', '2:0/0', '3:0/1'])
  })

  test('coverage above 1: delivered for each expected, of two counters', async () => {
    const side = (name: string) => ({ source: 'metric', name, kind: 'sum' })
    const { indicator } = sloWith({ ...side('delivered'), per: side('expected') }, { op: 'gte', value: 0.95 })
    // 12/10, 19/20, 3/0, 5/5
    expect(await minutesOf(indicator)).toEqual(['0:0/0', '1:1/1', '2:1/1', '3:0/0', '4:1/1'])
  })

  test('calls for each event of a counter', async () => {
    const spec = { ...TO_SHIP, per: { source: 'metric', name: 'expected', kind: 'sum' } }
    const { indicator } = sloWith(spec, { op: 'gte', value: 0.6 })
    // 11/0, 12/10, 1/20, 5/0, 0/5
    expect(await minutesOf(indicator)).toEqual(['0:0/0', '1:1/1', '2:0/1', '3:0/0', '4:0/1'])
  })
})

describe('the status of a throughput', () => {
  const spec = { ...TO_PAY, outcome: 'ok', per: 'minute' }
  const read = async (slo: Slo) => {
    expect(await measureIndicators(store.db, measuredOf([slo]), RANGE, RANGE.to)).toEqual([])
    const [reading] = await readReadings(store.db, [slo], RANGE.to)
    return reading!
  }

  test('a minute without calls is bad when asked so, and the minute that is open is not judged', async () => {
    const bad = sloWith(
      spec,
      { op: 'gte', value: 3, ...SLICES },
      { method: 'Timeslices', annotations: { 'no-data': 'bad' } },
    )
    const reading = await read(bad)
    expect(reading.invalidMinute).toBeNull()
    // Of the hour from minute 59 to 118 ten were quiet, and in minute 70 a call failed.
    expect(reading.windows.get(60)!.units).toEqual({ good: 49, total: 60 })
    expect(reading.period.counts).toEqual({ good: 108, total: 109 })
  })

  test('a minute without calls is left out when not', async () => {
    const gap = sloWith(spec, { op: 'gte', value: 3, ...SLICES }, { method: 'Timeslices' })
    expect((await read(gap)).windows.get(60)!.units).toEqual({ good: 49, total: 50 })
  })

  test('by Occurrences the minutes with calls are the events', async () => {
    const { invalidMinute, period } = await read(sloWith(spec, { op: 'gte', value: 3 }))
    expect([invalidMinute, period.units]).toEqual([null, { good: 108, total: 109 }])
  })

  test('retries and coverage above 1 never make it invalid', async () => {
    const side = (name: string) => ({ source: 'metric', name, kind: 'sum' })
    for (const [of, op] of [
      [{ ...TO_SHIP, per: { ...TO_SHIP, attempt: 'first' } }, 'lte'],
      [{ ...side('delivered'), per: side('expected') }, 'gte'],
    ] as const) {
      const { invalidMinute, period } = await read(sloWith(of, { op, value: 1.1 }))
      expect([invalidMinute, period.units]).toEqual([null, { good: 1, total: 3 }])
    }
  })

  test('a backtest pages for ten minutes without calls', async () => {
    const slo = sloWith(
      spec,
      { op: 'gte', value: 3, ...SLICES },
      { method: 'Timeslices', annotations: { 'no-data': 'bad' } },
    )
    const { alerts } = await previewSlo(store.db, slo, { days: 1, now: RANGE.to, stepMinutes: 60 })
    // Minutes 70 and 90 to 94 are more than six times a hundredth of 95; 95 is not judged before it is over for a minute.
    const pages = alerts.filter(({ severity }) => severity === 'page')
    expect(pages.map(({ from }) => (from.getTime() - T0) / MINUTE)).toEqual([QUIET.from + 6])
  })

  test('a gauge is judged point by point as before', () => {
    expect(
      sloOf(sloDocument({ sli: gauge(), objectives: [{ target: 0.99, op: 'lte', value: 1 }] })).indicator.source,
    ).toBe('gauge')
  })
})
