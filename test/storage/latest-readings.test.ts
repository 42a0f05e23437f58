import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Reading } from '../../slo/reading.ts'
import { decode, encode, readingsRecorder } from '../../storage/latest-readings.ts'
import type { StoredDefinition } from '../../storage/slo-definitions.ts'
import { slo } from '../slo/build.ts'
import { testDatabase } from '../support/database.ts'

const count = fc.double({ min: 0, max: 1e12, noNaN: true }).map((value) => value + 0)
const counts = fc.record({ good: count, total: count })
const instant = fc.date({ noInvalidDate: true })
const sides = fc.record({ good: count, bad: count })
const window = fc
  .tuple(
    fc.record({ counts, units: counts, coverage: count }),
    fc.option(fc.record({ variance: sides, seen: sides }, { requiredKeys: ['variance'] })),
  )
  .map(([read, sampled]) => ({ ...read, ...sampled }))
const reset = fc.record({ slo: fc.string(), at: instant, reason: fc.string(), by: fc.string() })
const period = fc
  .tuple(
    window,
    fc.record(
      {
        from: instant,
        to: instant,
        raw: fc.option(fc.record({ counts, units: counts })),
        exclusions: fc.array(fc.record({ from: instant, to: instant, reason: fc.string(), by: fc.string() }), {
          maxLength: 3,
        }),
        resets: fc.array(reset, { maxLength: 3 }),
        expectedTotal: count,
      },
      { requiredKeys: ['from', 'to', 'raw', 'exclusions'] },
    ),
  )
  .map(([read, rest]) => ({ ...read, ...rest }))
const member = fc.record({ displayName: fc.string(), weight: count, targetPpm: fc.nat(1_000_000), period: window })
const reading: fc.Arbitrary<Reading> = fc.record(
  {
    slo: fc.constant(slo()),
    watermark: fc.option(instant),
    lastEventAt: fc.option(instant),
    invalidMinute: fc.option(instant),
    windows: fc.array(fc.tuple(fc.nat(), window), { maxLength: 12 }).map((all) => new Map(all)),
    period,
    members: fc.array(member, { maxLength: 3 }),
  },
  { requiredKeys: ['slo', 'watermark', 'lastEventAt', 'invalidMinute', 'windows', 'period'] },
) as fc.Arbitrary<Reading>

test('a stored reading is the reading: nothing is rounded, nothing is lost', () => {
  fc.assert(
    fc.property(reading, (one) => {
      expect(decode(encode(one), one.slo)).toEqual(one)
    }),
  )
})

const T0 = Date.parse('2026-01-31T12:00:00Z')
const read = (name: string, watermark: number, bad = 0): Reading => {
  const read = { counts: { good: 1_000 - bad, total: 1_000 }, units: { good: 1_000 - bad, total: 1_000 }, coverage: 1 }
  return {
    slo: { ...slo(), name },
    watermark: new Date(watermark),
    lastEventAt: null,
    invalidMinute: null,
    windows: new Map([5, 30, 60, 120, 360, 1_440, 4_320].map((minutes) => [minutes, read])),
    period: { ...read, from: new Date(0), to: new Date(watermark), raw: null, exclusions: [] },
  }
}

test('of many SLOs most evaluations write only those whose word changed; all are written every fifteen seconds', async () => {
  await using store = await testDatabase()
  const names = Array.from({ length: 600 }, (_, n) => `slo-${n}`)
  const definitions = names.map((name) => ({ name, changedAt: new Date(T0) }) as StoredDefinition)
  const written = async () => {
    const result = await store.db.query({
      query: `SELECT toUnixTimestamp(evaluated_at) - ${T0 / 1_000} AS at, count() AS slos FROM slo_readings FINAL GROUP BY at ORDER BY at`,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
    return (await result.json<{ at: number; slos: number }>()).map(({ at, slos }) => [at, slos])
  }
  const recordReadings = readingsRecorder(store.db)
  const evaluate = (second: number, bad: (name: string) => number = () => 0) =>
    recordReadings(
      names.map((name) => read(name, T0 + second * 1_000, bad(name))),
      definitions,
      new Date(T0 + second * 1_000),
    )
  await evaluate(0)
  expect(await written()).toEqual([[0, 600]])
  await evaluate(5, (name) => (name === 'slo-7' ? 2 : 0))
  expect(await written(), 'slo-7 has spent its budget').toEqual([
    [0, 599],
    [5, 1],
  ])
  await evaluate(10)
  expect(await written(), 'all after 600 times 15 ms').toEqual([[10, 600]])
  await evaluate(-60)
  expect(await written(), 'a clock set back').toEqual([[-60, 600]])
})
