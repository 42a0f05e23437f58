import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { keyOf } from '../../slo/indicator.ts'
import type { CallSelection, GaugeIndicator, NoDataPolicy, Selector, Slo } from '../../slo/model.ts'
import { readPastMinutes } from '../../storage/past-minutes.ts'
import { previewSlo } from '../../storage/preview.ts'
import { readReadings } from '../../storage/readings.ts'
import { slo } from '../slo/build.ts'
import { testDatabase } from '../support/database.ts'
import { callRow, storeCalls, storeHeartbeats } from './calls.ts'
import { storeGauges } from './points.ts'

const T0 = Date.parse('2026-01-31T12:00:00Z')
const MINUTE_MS = 60_000
const DAY = 1_440
const at = (minute: number) => T0 + minute * MINUTE_MS
const NOW = new Date(T0)
const minutes = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, n) => from + n * step)

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())
beforeEach(async () => {
  for (const table of ['call_rows', 'covered_minutes', 'collector_reports', 'ingest_log'])
    await store.db.command({ query: `TRUNCATE TABLE ${table}` })
})

/** Reads the calls of some environments to a dependency that nobody calls: all it knows is coverage. */
function sloOf(env: Selector | null, noData: NoDataPolicy = 'gap'): Slo {
  const base = slo({ windowMinutes: 180 })
  const selection: CallSelection = {
    ...(base.indicator as { total: CallSelection }).total,
    fields: { dependency: { in: ['nobody'] }, ...(env && { env }) },
  }
  const name = JSON.stringify(env)
  return {
    ...base,
    name: `${name}-${noData}`,
    indicator: { source: 'calls', name, numerator: { counts: 'good', selection }, total: selection },
    generation: name,
    objective: { ...base.objective, noData },
  }
}

const of = (...envs: string[]) => sloOf({ in: envs })

let token = 0

const sends = (env: string, these: readonly number[]) =>
  storeCalls(
    store.db,
    these.map((minute) => callRow({ ts: at(minute) + 7_000, env })),
    `calls-${++token}`,
  )

const alive = (these: readonly number[]) => storeHeartbeats(store.db, these.map(at))

/** Minutes of the last three hours of which nothing is known. */
async function blindIn(of: Slo): Promise<number> {
  const [reading] = await readReadings(store.db, [of], NOW)
  return Math.round((1 - reading!.period.coverage) * 180)
}

const WEEK = minutes(-2 * DAY, 0)
const stopsFor = (silent: number) => minutes(-2 * DAY, -silent)

describe('a minute in which an environment sent nothing', () => {
  test('is blind for the SLOs of a steady environment that stopped, while another sends and the collector lives', async () => {
    await alive([...WEEK, 0])
    await sends('prod', stopsFor(30))
    await sends('staging', WEEK)
    expect(await blindIn(of('prod'))).toBe(30)
    expect(await blindIn(of('staging'))).toBe(0)
    expect(await blindIn(of('prod', 'staging'))).toBe(0)
    expect(await blindIn(sloOf({ notIn: ['staging'] }))).toBe(30)
    expect(await blindIn(sloOf(null))).toBe(0)
  })

  test('is blind for as long as a steady environment is silent, be it longer than what a day may lack', async () => {
    await alive([...WEEK, 0])
    await sends('prod', stopsFor(170))
    expect(await blindIn(of('prod'))).toBe(170)
    expect(await blindIn(sloOf(null))).toBe(170)
  })

  test('is quiet where the environment sends now and then, and a collector is alive', async () => {
    await alive([...WEEK, 0])
    await sends('prod', WEEK)
    await sends('nightly', minutes(-2 * DAY, 0, 2))
    expect(await blindIn(of('nightly'))).toBe(0)
    expect(await blindIn(of('never'))).toBe(0)
  })

  test('counts as sent by an environment with telemetry in nine of ten minutes of a day, and not in fewer', async () => {
    await alive([...WEEK, 0])
    const day = (missing: number) => minutes(-30 - DAY, -30).slice(missing)
    await sends('steady', day(144))
    await sends('sparse', day(145))
    expect(await blindIn(of('steady'))).toBe(30)
    expect(await blindIn(of('sparse'))).toBe(0)
  })

  test('is blind for all while no collector is alive', async () => {
    await alive([...stopsFor(40), 0])
    await sends('prod', stopsFor(40))
    await sends('nightly', minutes(-2 * DAY, -40, 2))
    for (const one of [of('prod'), of('nightly'), of('never'), sloOf(null)]) expect(await blindIn(one)).toBe(40)
  })

  test('is not blind before it is over', async () => {
    await alive([...WEEK, 0, 0.5])
    await sends('prod', WEEK)
    expect(await blindIn(of('prod'))).toBe(0)
  })
})

describe('telemetry that no SLI reads', () => {
  test('covers the minutes of its event time when it arrives a day late', async () => {
    await alive([0])
    await sends('prod', [...minutes(-180, -100), ...minutes(-90, 0)])
    expect(await blindIn(of('prod'))).toBe(10)
    expect(await blindIn(of('staging'))).toBe(180)
  })

  test('begins the time in which slices are expected', async () => {
    await alive([0])
    await sends('prod', minutes(-180, 0))
    const sliced = (noData: NoDataPolicy) => {
      const one = sloOf({ in: ['prod'] }, noData)
      const objective = { ...one.objective, method: 'timeslices', slice: { minutes: 1, targetPpm: 950_000 } } as const
      return { ...one, objective }
    }
    const [bad, good] = await readReadings(store.db, [sliced('bad'), sliced('good')], NOW)
    expect(bad!.period.units).toEqual({ good: 0, total: 180 })
    expect(good!.period.units).toEqual({ good: 180, total: 180 })
  })

  const SPAN = { TraceId: 'a', SpanId: 'b', ServiceName: 'shop', SpanName: 'x' }
  const span = (minute: number, ResourceAttributes: Record<string, string>) => ({
    ...SPAN,
    ResourceAttributes,
    Timestamp: new Date(at(minute)).toISOString(),
  })

  test('is of the environment that a span names by either name, in any case, or of none', async () => {
    await store.db.insert({
      table: 'otel_traces',
      values: [
        span(-3, { 'deployment.environment.name': 'Prod' }),
        span(-2, { 'deployment.environment': 'prod' }),
        span(-1, {}),
      ],
      format: 'JSONEachRow',
      clickhouse_settings: { insert_deduplication_token: 'spans', date_time_input_format: 'best_effort' },
    })
    const range = { from: new Date(at(-4)), to: NOW }
    const covered = async (one: Slo) => [
      ...(await readPastMinutes(store.db, one.indicator as GaugeIndicator, range)).covered,
    ]
    expect(await covered(of('prod'))).toEqual([0, 1, 1, 0])
    expect(await covered(of('unspecified'))).toEqual([0, 0, 0, 1])
    expect(await covered(sloOf(null))).toEqual([0, 1, 1, 1])
  })

  test('is points as well, where an environment sends no spans', async () => {
    await alive([0])
    const resource = { 'deployment.environment.name': 'plant' }
    await storeGauges(
      store.db,
      minutes(-180, -20).map((minute) => ({ at: at(minute), metric: 'heat', value: 1, resource })),
    )
    expect(await blindIn(of('plant'))).toBe(20)
    const attributes = { 'deployment.environment.name': { in: ['Plant'] } }
    const counter = { source: 'metric', metric: 'other', kind: 'sum', attributes, le: null } as const
    const metric: Slo = {
      ...of('plant'),
      name: 'metric',
      indicator: {
        source: 'metric',
        name: 'metric',
        numerator: { counts: 'good', selection: counter },
        total: counter,
      },
    }
    expect(await blindIn(metric)).toBe(20)
  })
})

describe('what a preview reads', () => {
  test('has the coverage that is read of the same minutes', async () => {
    await alive([...stopsFor(0).filter((minute) => minute < -100 || minute >= -90), 0])
    await sends('prod', stopsFor(30))
    await sends('nightly', minutes(-2 * DAY, 0, 2))
    for (const one of [of('prod'), of('nightly'), sloOf(null)]) {
      const [reading] = await readReadings(store.db, [one], NOW)
      const { coverage } = await previewSlo(store.db, one, { days: 1, now: NOW, stepMinutes: 60 })
      expect(coverage, keyOf(one)).toBe(reading!.period.coverage)
    }
    expect(await blindIn(of('prod'))).toBe(30)
  })
})

describe('an environment that stops as a whole', () => {
  test('is seen by those who watch for silence, though burn rates are blind', async () => {
    await alive([...WEEK, 0])
    await sends('prod', stopsFor(15))
    const [reading] = await readReadings(store.db, [of('prod')], NOW)
    expect(reading!.windows.get(10)).toMatchObject({ coverage: 0, watched: 1 })
    expect(reading!.windows.get(70)).toMatchObject({ coverage: 55 / 70, watched: 1 })
  })
})
