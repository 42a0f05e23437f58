import { z } from 'zod'
import { ALERT_POLICY } from './alert-policy.ts'
import { frozenReading, governingWindow, judgeTier, urgency } from './alert-verdict.ts'
import { budgetOf } from './budget.ts'
import { burnRate } from './burn-rate.ts'
import { estimatedExhaustionMinutes, exhaustionMinutes, type PastMinute, rateOf } from './exhaustion.ts'
import { type Counts, METHODS, type Slo } from './model.ts'
import { type Reading, STATUS_WINDOWS } from './reading.ts'
import { windowLabel } from './window.ts'

/** From best to worst is no order of these words; `statusWord` gives the one that is told when several hold. */
export const STATUS_WORDS = ['ok', 'warning', 'critical', 'exhausted', 'no_data', 'frozen', 'invalid'] as const
export type StatusWord = (typeof STATUS_WORDS)[number]

const instant = z.iso.datetime().describe('RFC 3339, UTC')
const ratio = z.number().nullable()

/** The shape every SLO status has in the HTTP API. A ratio without events is null. */
export const sloStatusSchema = z.object({
  name: z.string(),
  service: z.string(),
  displayName: z.string(),
  status: z.enum(STATUS_WORDS),
  objective: z
    .object({
      target: z.number(),
      targetPpm: z.int(),
      window: z.object({ duration: z.string(), rolling: z.boolean() }),
      method: z.enum(METHODS),
    })
    .nullable()
    .describe('null only for a definition that was refused and has no earlier version in force'),
  counts: z.object({ good: z.number(), total: z.number() }),
  sli: ratio.describe('good / total over the SLO window'),
  budget: z.object({
    remaining: ratio.describe('share of the error budget left, signed'),
    consumed: ratio.describe('share of the error budget spent'),
    exhaustsAt: instant
      .nullable()
      .describe('when the budget is gone at the present rate; null = not within one window'),
  }),
  burnRates: z.record(z.string(), ratio).describe('by window: 1 spends exactly the budget over the SLO window'),
  alert: z
    .object({ severity: z.enum(['page', 'ticket']), since: instant, incident: z.string() })
    .nullable()
    .describe('null when nothing fires'),
  freshness: z.object({
    watermark: instant.nullable().describe('event time up to which data is complete'),
    lastEventAt: instant.nullable(),
    coverage: z.number().describe('share of the SLO window that is measured or known to be quiet'),
  }),
  generation: z.string().describe('identifies the definition of the SLI behind these numbers'),
})
export type SloStatus = z.output<typeof sloStatusSchema>

/** What fires for an SLO, as its incident says. */
export interface FiringAlert {
  severity: 'page' | 'ticket'
  since: Date
  incident: string
}

export interface StatusContext {
  now: Date
  /** A later version of the definition was refused; the numbers are those of the last good one. */
  refused?: boolean
  /** Measured minutes of the SLO window: with them `exhaustsAt` is exact, without them an estimate. */
  minutes?: readonly PastMinute[]
}

const LAST_SIX_HOURS = 360
const MINUTE_MS = 60_000

/** Everything the API says about one SLO at one instant, from counts: no rounding, null without events. */
export function statusOf(reading: Reading, alert: FiringAlert | null, context: StatusContext): SloStatus {
  const { slo } = reading
  const { budgetPpm, targetPpm, window, method } = slo.objective
  const { counts, units } = reading.period
  const budget = budgetOf(units, budgetPpm)
  const status = statusWord(reading, alert, context)
  const burnRates: Record<string, number | null> = {}
  for (const minutes of reportedWindows(slo)) {
    burnRates[windowLabel(minutes)] = burnRate(unitsOf(reading, minutes), budgetPpm)
  }
  return {
    name: slo.name,
    service: slo.service,
    displayName: slo.displayName,
    status,
    objective: {
      target: targetPpm / 1_000_000,
      targetPpm,
      window: { duration: window.duration, rolling: window.kind === 'rolling' },
      method,
    },
    counts: { good: counts.good, total: counts.total },
    sli: budget.sli,
    budget: {
      remaining: budget.remaining,
      consumed: budget.consumed,
      exhaustsAt: exhaustsAt(reading, budget.remaining, alert, context),
    },
    burnRates,
    alert: alert && { severity: alert.severity, since: alert.since.toISOString(), incident: alert.incident },
    freshness: {
      watermark: reading.watermark?.toISOString() ?? null,
      lastEventAt: reading.lastEventAt?.toISOString() ?? null,
      coverage: reading.period.coverage,
    },
    generation: slo.generation,
  }
}

/** Status of a definition that was refused and never had a good version: nothing is measured for it. */
export function statusOfRefused(name: string): SloStatus {
  return {
    name,
    service: '',
    displayName: name,
    status: 'invalid',
    objective: null,
    counts: { good: 0, total: 0 },
    sli: null,
    budget: { remaining: null, consumed: null, exhaustsAt: null },
    burnRates: {},
    alert: null,
    freshness: { watermark: null, lastEventAt: null, coverage: 0 },
    generation: '',
  }
}

/**
 * The one word, by the first rule that holds; see docs/slo.md.
 * An open page stays the news while data is missing, so `critical` stands above `frozen`;
 * numbers that cannot be true stand above everything.
 */
export function statusWord(reading: Reading, alert: FiringAlert | null, { now, refused }: StatusContext): StatusWord {
  const { counts, units } = reading.period
  if (reading.invalidMinute !== null) return 'invalid'
  if (alert?.severity === 'page') return 'critical'
  if (refused) return 'invalid'
  if (counts.total === 0) return 'no_data'
  if (isFrozen(reading, now)) return 'frozen'
  const { remaining } = budgetOf(units, reading.slo.objective.budgetPpm)
  if (remaining !== null && remaining <= 0) return 'exhausted'
  return alert ? 'warning' : 'ok'
}

const unitsOf = (reading: Reading, minutes: number): Counts =>
  reading.windows.get(minutes)?.units ?? { good: 0, total: 0 }

const reportedWindows = ({ tiers }: Slo): number[] =>
  [...new Set([...STATUS_WINDOWS, ...tiers.flatMap((tier) => [tier.shortMinutes, tier.longMinutes])])].sort(
    (a, b) => a - b,
  )

/** Stale data, or a tier whose verdict hangs on a window of which too little is known. Few events are no blindness. */
const isFrozen = (reading: Reading, now: Date): boolean =>
  frozenReading(reading, now, ALERT_POLICY, false) !== null ||
  reading.slo.tiers.some((tier) => judgeTier(tier, reading, ALERT_POLICY).reason === 'frozen_coverage')

/** Forecast at the rate of the window that governs the alert, else of the last six hours; none on frozen data. */
function exhaustsAt(
  reading: Reading,
  remaining: number | null,
  alert: FiringAlert | null,
  { now, minutes }: StatusContext,
): string | null {
  if (remaining === null || isFrozen(reading, now)) return null
  const { budgetPpm, window } = reading.slo.objective
  const basis = firingWindow(reading, alert) ?? Math.min(LAST_SIX_HOURS, window.minutes)
  const counts = unitsOf(reading, basis)
  const forecast = () =>
    minutes
      ? exhaustionMinutes(minutes, { budgetPpm, windowMinutes: window.minutes, forecast: rateOf(counts, basis) })
      : estimatedExhaustionMinutes(remaining, burnRate(counts, budgetPpm) ?? 0, window.minutes)
  const left = remaining <= 0 ? 0 : forecast()
  return left === null ? null : new Date(now.getTime() + left * MINUTE_MS).toISOString()
}

/** Length of the window a message about this alert would quote, if its condition holds now. */
function firingWindow(reading: Reading, alert: FiringAlert | null): number | null {
  const burning = reading.slo.tiers
    .filter(({ severity }) => severity === alert?.severity)
    .map((tier) => judgeTier(tier, reading, ALERT_POLICY))
    .filter(({ verdict }) => verdict === 'matched')
    .sort((a, b) => urgency(b) - urgency(a))
  return burning[0] ? governingWindow(burning[0]).minutes : null
}
