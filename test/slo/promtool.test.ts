import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import { judgeTier } from '../../slo/alert/alert-verdict.ts'
import { burnRate } from '../../slo/budget/burn-rate.ts'
import { keyOf } from '../../slo/indicator.ts'
import type { Counts, Slo } from '../../slo/model.ts'
import { STATUS_WINDOWS } from '../../slo/reading.ts'
import { emptySeries, minuteAt, putMinute } from '../../slo/replay/minute-series.ts'
import { replay } from '../../slo/replay/replay.ts'
import { randomFrom } from '../support/random.ts'
import { counts, slo } from './build.ts'
import { alertName, type Expectation, promtoolTest, textbookRules } from './textbook-rules.ts'

/** Prometheus as an oracle: the same counts under the Workbook's rules must burn and alert as they do here, minute by minute. */

const HOUR = 60
/** Prometheus evaluates every minute, on a machine that other tests keep busy. */
const PATIENCE_MS = 120_000
const DAY = 24 * HOUR

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-promtool-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Scenario {
  what: string
  seed: number
  minutes: number
  targetPpm?: number
  windowDays?: number
  /** Events of minute n. */
  at: (minute: number, random: ReturnType<typeof randomFrom>) => Counts
}

const some = (random: ReturnType<typeof randomFrom>, total: number, badPerMille: number): Counts =>
  counts(Array.from({ length: total }, () => random.int(1_000)).filter((n) => n < badPerMille).length, total)

const SCENARIOS: Scenario[] = [
  {
    what: 'a total outage of twenty minutes on steady traffic',
    seed: 1,
    minutes: 5 * HOUR,
    at: (minute) => counts(minute >= 120 && minute < 140 ? 1_000 : 0, 1_000),
  },
  {
    what: 'two per cent of failures for hours, with noise',
    seed: 2,
    minutes: 14 * HOUR,
    at: (minute, random) => some(random, 150 + random.int(100), minute < 3 * HOUR || minute > 9 * HOUR ? 0 : 20),
  },
  {
    what: 'an error now and then on little traffic, with silent minutes between',
    seed: 3,
    minutes: 10 * HOUR,
    at: (_, random) => (random.int(3) === 0 ? some(random, 1 + random.int(4), 60) : counts(0, 0)),
  },
  {
    what: 'outages that come and go, then hours of silence',
    seed: 4,
    minutes: 16 * HOUR,
    targetPpm: 990_000,
    windowDays: 7,
    at: (minute, random) =>
      minute > 10 * HOUR ? counts(0, 0) : some(random, 40, minute % 90 < 12 ? 900 : random.int(20)),
  },
  {
    // 211 is prime: at a burn of exactly the factor Prometheus rounds to either side, and Plumbline does not.
    what: 'a slow burn',
    seed: 5,
    minutes: 20 * HOUR,
    at: (minute, random) => counts(minute > 2 * HOUR && random.int(100) < 95 ? 1 : 0, 211),
  },
]

function expectationsOf(of: Slo, minutes: readonly Counts[]): { expected: Expectation[]; transitions: number } {
  const from = new Date('2026-01-01T00:00:00Z')
  const series = emptySeries(from, minutes.length)
  series.covered.fill(1)
  for (const [n, minute] of minutes.entries()) putMinute(series, minuteAt(series, n), minute)
  const readingAt = replay(of, new Map([[keyOf(of), series]]))
  const verdictsAt = (minute: number) =>
    of.tiers.map((tier) => judgeTier(tier, readingAt(minute), ALERT_POLICY).verdict === 'matched')
  // Prometheus has no rate before the second sample.
  const looked = Array.from({ length: minutes.length - 1 }, (_, n) => ({ minute: n + 2, verdicts: verdictsAt(n + 2) }))
  const changes = looked.map(({ verdicts }, n) => verdicts.join() !== (looked[n - 1] ?? looked[0])?.verdicts.join())
  // A change is looked at, and the minute before it, so that it happens at this minute and at no other.
  const expected = looked
    .filter(({ minute }, n) => changes[n] || changes[n + 1] || minute % 97 === 0 || minute === minutes.length)
    .map(({ minute, verdicts }) => ({
      minute,
      alerts: of.tiers.map((tier, n) => ({ name: alertName(tier), isFiring: verdicts[n]! })),
      burns: STATUS_WINDOWS.map((windowMinutes) => ({
        windowMinutes,
        burn: burnRate(readingAt(minute).windows.get(windowMinutes)!.units, of.objective.budgetPpm),
      })),
    }))
  return { expected, transitions: changes.filter(Boolean).length }
}

describe('promtool agrees with burn rates and the minute each tier becomes true or false', () => {
  test.each(SCENARIOS)(
    '$what',
    ({ seed, minutes: length, targetPpm = 999_000, windowDays = 30, at }) => {
      const random = randomFrom(seed)
      const minutes = Array.from({ length }, (_, n) => at(n, random))
      const of = { ...slo({ targetPpm, windowMinutes: windowDays * DAY }), guards: { minEvents: 0, minBadEvents: 0 } }
      const { expected, transitions } = expectationsOf(of, minutes)
      expect(transitions, 'a scenario without alerts shows nothing').toBeGreaterThan(0)
      writeFileSync(join(folder, `rules-${seed}.yaml`), textbookRules(of))
      writeFileSync(join(folder, `test-${seed}.yaml`), promtoolTest(`rules-${seed}.yaml`, of, minutes, expected))
      const run = spawnSync('promtool', ['test', 'rules', `test-${seed}.yaml`], { cwd: folder, encoding: 'utf8' })
      expect(run.error).toBeUndefined()
      expect({ status: run.status, output: run.stdout + run.stderr }).toEqual({
        status: 0,
        output: expect.stringContaining('SUCCESS'),
      })
    },
    PATIENCE_MS,
  )

  test('and would not agree with another factor', () => {
    const minutes = Array.from({ length: 3 * HOUR }, (_, n) => counts(n < HOUR ? 0 : 20, 1_000))
    const of = { ...slo(), guards: { minEvents: 0, minBadEvents: 0 } }
    const { expected } = expectationsOf(of, minutes)
    const other = { ...of, tiers: of.tiers.map((tier) => ({ ...tier, factor: tier.factor * 1.05 })) }
    writeFileSync(join(folder, 'rules-other.yaml'), textbookRules(other))
    writeFileSync(join(folder, 'test-other.yaml'), promtoolTest('rules-other.yaml', of, minutes, expected))
    const run = spawnSync('promtool', ['test', 'rules', 'test-other.yaml'], { cwd: folder, encoding: 'utf8' })
    expect(run.status).toBe(1)
  })
})
