import { afterEach, beforeEach, expect, it } from 'vitest'
import { createMeasurer } from '../../evaluator/measure/measure.ts'
import type { Slo } from '../../slo/model.ts'
import { listIncidents } from '../../storage/incidents.ts'
import { readReadings } from '../../storage/readings.ts'
import { seededApp } from '../api/seeded-app.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { callRow, storeCalls, storeHeartbeat } from '../storage/calls.ts'
import { define, evaluatorOn, MINUTE_MS, QUIET, storeMinutes, tickAt } from './evaluation.ts'

/** A whole hour of late, because the store forgets old entries of its ingest log. */
const HOUR_MS = 60 * MINUTE_MS
const T0 = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
const PATIENCE_MS = 120_000
const base = sloWith({ name: 'new' })
const SLO: Slo = {
  ...base,
  guards: { minEvents: 100, minBadEvents: 5 },
  generation: 'new-1',
  objective: { ...base.objective, window: { kind: 'rolling', minutes: 5 * 1_440, duration: '5d' } },
}
const KINDS = ['SLOBurnRate', 'SLOBudgetSpent', 'SLOExhaustion', 'TelemetryAbsent'] as const

let app: Awaited<ReturnType<typeof seededApp>>
beforeEach(async () => {
  app = await seededApp({ clock: () => new Date(T0) })
  // Calls since four days, one an hour; everything fails since ten minutes.
  const old = Array.from({ length: 96 }, (_, n) => callRow({ ts: T0 - (n + 8) * HOUR_MS, dependency: 'acme-pay' }))
  await storeCalls(app.db, old, 'old')
  await storeMinutes(app.db, T0 - 60 * MINUTE_MS, [...Array(50).fill(0), ...Array(10).fill(1_000)])
  for (let ago = 4 * 1_440; ago >= 0; ago -= 1)
    if (ago % 60 === 0 || ago < 420) await storeHeartbeat(app.db, T0 - ago * MINUTE_MS)
  await define(app.db, [SLO], T0 - 1_000)
}, PATIENCE_MS)
afterEach(() => app[Symbol.asyncDispose]())

const slow = () => ({ ...evaluatorOn(app.db, {}, { kinds: KINDS }), measurer: createMeasurer(app.db, QUIET, 0) })
const status = async () => (await app.get('/api/v1/slos/new')).body
const firing = async () =>
  (await listIncidents(app.db, { limit: 10 })).flatMap(({ members }) => members.map(({ alertname }) => alertname))

it(
  'a new SLO pages by the windows that are measured, while its history is being measured; its budget waits',
  async () => {
    const evaluator = slow()
    await tickAt(evaluator, T0)
    expect(await status()).toMatchObject({ status: 'critical', progress: expect.any(Number) })
    expect(await firing()).toEqual(['SLOBurnRate'])
    const [incident] = await listIncidents(app.db, { limit: 1 })
    expect(incident?.severity).toBe('page')
    const list = (await app.get('/api/v1/slos')).body.items[0]
    expect(list.measuredShare).toBeGreaterThan(0)
    expect(list.measuredShare).toBeLessThan(1)
    expect((await app.get('/metrics')).text).toMatch(/slo_measured_ratio\{slo="new"[^}]*\} 0\.\d+/)
  },
  PATIENCE_MS,
)

it(
  'its status is measuring, with its share, until the history is complete, also across a restart',
  async () => {
    await app.db.command({ query: 'TRUNCATE TABLE calls_1m' })
    await storeCalls(
      app.db,
      Array.from({ length: 96 }, (_, n) => callRow({ ts: T0 - n * HOUR_MS - 1_000, dependency: 'acme-pay' })),
      'calm',
    )
    await tickAt(slow(), T0)
    const first = await status()
    expect(first).toMatchObject({ status: 'measuring', progress: expect.any(Number), budget: { exhaustsAt: null } })
    const restarted = slow()
    await tickAt(restarted, T0 + 5_000)
    const second = await status()
    expect(second.status).toBe('measuring')
    expect(second.progress).toBeGreaterThan(first.progress)
    for (let n = 2; n < 8; n++) await tickAt(restarted, T0 + n * 5_000)
    const last = await status()
    expect(last.status).not.toBe('measuring')
    expect(last.progress).toBeUndefined()
    // Piece by piece is the same as once at the end.
    const once = { ...SLO, generation: 'new-2' }
    await createMeasurer(app.db, QUIET, Number.POSITIVE_INFINITY).measure([once], new Date(T0 + 40_000))
    const [piecewise, whole] = await readReadings(app.db, [SLO, once], new Date(T0 + 40_000))
    expect(piecewise?.period.counts).toEqual(whole?.period.counts)
    expect(whole?.period.counts.total).toBeGreaterThan(0)
  },
  PATIENCE_MS,
)
