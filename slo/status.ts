import { z } from 'zod'
import { ALERT_POLICY } from './alert/alert-policy.ts'
import { frozenReading, judgeTier } from './alert/alert-verdict.ts'
import { budgetOf, budgetOfSlo } from './budget/budget.ts'
import { burnRate } from './budget/burn-rate.ts'
import type { PastMinute } from './budget/exhaustion.ts'
import { forecastPeriod, minutesToExhaustion } from './budget/forecast.ts'
import { samplingInterval } from './budget/sampling.ts'
import { windowLabel } from './budget/window.ts'
import { fenced, invalidReason } from './invalid.ts'
import { type Counts, METHODS, NO_DATA_POLICIES, type Slo } from './model.ts'
import { type PeriodReading, type Reading, STATUS_WINDOWS } from './reading.ts'

/** From best to worst is no order of these words; `statusWord` gives the one that is told when several hold. */
export const STATUS_WORDS = [
  'ok',
  'warning',
  'critical',
  'exhausted',
  'no_data',
  'measuring',
  'frozen',
  'invalid',
] as const
export type StatusWord = (typeof STATUS_WORDS)[number]

const instant = z.iso.datetime().describe('RFC 3339, UTC')
const ratio = z.number().nullable()
const counts = z.object({ good: z.number(), total: z.number() })
const interval = z.object({ low: z.number(), high: z.number() })

/** The shape every SLO status has in the HTTP API. A ratio without events is null. */
export const sloStatusSchema = z.object({
  name: z.string(),
  service: z.string(),
  displayName: z.string(),
  status: z.enum(STATUS_WORDS),
  progress: z
    .number()
    .optional()
    .describe('while `measuring`: share of the history that is measured, 0 to 1; absent when it is complete'),
  invalidReason: z
    .string()
    .optional()
    .describe('why the SLO cannot be judged, or why its newest definition was refused; absent while it can be'),
  objective: z
    .object({
      target: z.number(),
      targetPpm: z.int(),
      window: z.object({
        duration: z.string(),
        rolling: z.boolean(),
        timeZone: z.string().optional().describe('of a calendar window'),
      }),
      method: z.enum(METHODS),
      slice: z
        .object({ minutes: z.int(), target: ratio.describe('null for RatioTimeslices') })
        .nullable()
        .describe('null for Occurrences'),
      noData: z.enum(NO_DATA_POLICIES),
    })
    .nullable()
    .describe('null only for a definition that was refused and has no earlier version in force'),
  period: z
    .object({ from: instant, to: instant })
    .nullable()
    .describe('what the numbers are of: the SLO window, or the open calendar period, from a reset of the budget on'),
  counts: counts.describe('events'),
  units: counts.describe(
    'what the budgeting method counts: events, or expected slices; SLI and budget come from these',
  ),
  sli: ratio.describe(
    'good / total over the SLO window, by the budgeting method; null without events, and for a composite by `openslo` under Occurrences, which adds up burn rates',
  ),
  budget: z.object({
    remaining: ratio.describe('share of the error budget left, signed'),
    consumed: ratio.describe('share of the error budget spent'),
    exhaustsAt: instant
      .nullable()
      .describe('when the budget is gone at the present rate; null = not within one window, or the calendar period'),
    remainingOfPeriod: z
      .object({
        remaining: z.number(),
        expectedTotal: z.number().describe('events until the end of the period if traffic goes on as so far'),
        exhaustsAt: instant.nullable(),
        estimated: z.literal(true),
      })
      .nullable()
      .describe('of a calendar window under Occurrences, whose budget grows with its traffic'),
    resets: z
      .array(z.object({ at: instant, reason: z.string(), by: z.string() }))
      .describe('inside the window: the budget counts from the last; what is before it is in `raw`'),
  }),
  exclusions: z
    .array(z.object({ from: instant, to: instant, reason: z.string(), by: z.string() }))
    .describe('time that counts for nothing, why, and who decided so'),
  raw: z
    .object({ counts, units: counts, sli: ratio, remaining: ratio, consumed: ratio })
    .nullable()
    .describe('the same without leaving anything out; null when nothing is'),
  sampling: z
    .object({
      standardError: z.number(),
      sli: interval,
      burn: interval.describe('of the burn over the SLO window, which is the consumed budget'),
      weak: z.boolean().describe('the bad events weigh like fewer than ten: too few, or a few heavy ones'),
      seen: counts
        .nullable()
        .describe('events really received, of which `counts` are the weighted sum; null when not known'),
    })
    .nullable()
    .describe('95 % interval; null when every event was counted'),
  members: z
    .array(
      z.object({
        displayName: z.string(),
        weight: z.number(),
        target: z.number(),
        counts,
        sli: ratio,
        consumed: ratio,
        coverage: z.number(),
        hasData: z.boolean(),
      }),
    )
    .nullable()
    .describe('of a composite'),
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
  /** Why it was refused. */
  refusedBecause?: string
  /** What the rolling SLO window consists of, as its method counts: with it `exhaustsAt` is exact, without it an estimate. */
  minutes?: readonly PastMinute[]
}

const MINUTE_MS = 60_000

const REFUSED = 'its newest definition was refused'

/**
 * Everything the API says about one SLO at one instant, from counts: no rounding, null without events. An SLO whose numbers
 * cannot be computed is `invalid`.
 */
export const statusOf = (reading: Reading, alert: FiringAlert | null, context: StatusContext): SloStatus =>
  fenced(reading, (sound) => statusFrom(sound, alert, context))

function statusFrom(reading: Reading, alert: FiringAlert | null, context: StatusContext): SloStatus {
  const { slo, period } = reading
  return {
    name: slo.name,
    service: slo.service,
    displayName: slo.displayName,
    status: statusWord(reading, alert, context),
    ...reasonOf(reading, context),
    ...(reading.backfill && { progress: reading.backfill.progress }),
    objective: objectiveOf(slo),
    period: { from: period.from.toISOString(), to: period.to.toISOString() },
    counts: copyOf(period.counts),
    units: copyOf(period.units),
    sli: budgetOfSlo(slo, period.units).sli,
    budget: budgetStatus(reading, alert, context),
    exclusions: period.exclusions.map(({ from, to, reason, by }) => ({ ...instants({ from, to }), reason, by })),
    raw: rawOf(period, slo),
    sampling: samplingOf(reading),
    members: membersOf(reading),
    burnRates: burnRatesOf(reading),
    alert: alert && { severity: alert.severity, since: alert.since.toISOString(), incident: alert.incident },
    freshness: {
      watermark: reading.watermark?.toISOString() ?? null,
      lastEventAt: reading.lastEventAt?.toISOString() ?? null,
      coverage: period.coverage,
    },
    generation: slo.generation,
  }
}

function reasonOf(
  reading: Reading,
  { refused, refusedBecause = REFUSED }: StatusContext,
): Pick<SloStatus, 'invalidReason'> {
  const reason = invalidReason(reading) ?? (refused ? refusedBecause : null)
  return reason === null ? {} : { invalidReason: reason }
}

const copyOf = ({ good, total }: Counts): Counts => ({ good, total })

const instants = ({ from, to }: { from: Date; to: Date }) => ({ from: from.toISOString(), to: to.toISOString() })

function objectiveOf({ objective }: Slo): SloStatus['objective'] {
  const { targetPpm, window, method, slice, noData } = objective
  return {
    target: targetPpm / 1_000_000,
    targetPpm,
    window: {
      duration: window.duration,
      rolling: window.kind === 'rolling',
      ...(window.kind === 'calendar' && { timeZone: window.timeZone }),
    },
    method,
    slice: slice && {
      minutes: slice.minutes,
      target: slice.targetPpm === null ? null : slice.targetPpm / 1_000_000,
    },
    noData,
  }
}

function rawOf({ raw }: PeriodReading, slo: Slo): SloStatus['raw'] {
  if (raw === null) return null
  const { sli, remaining, consumed } = budgetOfSlo(slo, raw.units)
  return { counts: copyOf(raw.counts), units: copyOf(raw.units), sli, remaining, consumed }
}

/** Sampling says how far events can be trusted; a slice is judged on what was seen. */
function samplingOf({ slo, period: { counts, variance, seen } }: Reading): SloStatus['sampling'] {
  if (variance === undefined || slo.objective.method !== 'occurrences' || slo.indicator.source === 'composite')
    return null
  const interval = samplingInterval(
    { ...counts, varianceGood: variance.good, varianceBad: variance.bad },
    slo.objective.budgetPpm,
  )
  return interval && { ...interval, seen: seen ? { good: seen.good, total: seen.good + seen.bad } : null }
}

function membersOf({ members }: Reading): SloStatus['members'] {
  if (members === undefined) return null
  return members.map(({ displayName, weight, targetPpm, period }) => {
    const { sli, consumed } = budgetOf(period.units, 1_000_000 - targetPpm)
    const target = targetPpm / 1_000_000
    const { coverage, counts } = period
    return { displayName, weight, target, counts: copyOf(counts), sli, consumed, coverage, hasData: counts.total > 0 }
  })
}

/** Status of a definition that was refused and never had a good version: nothing is measured for it. */
export function statusOfRefused(name: string, reason = REFUSED): SloStatus {
  return {
    name,
    service: '',
    displayName: name,
    status: 'invalid',
    invalidReason: reason,
    objective: null,
    period: null,
    counts: { good: 0, total: 0 },
    units: { good: 0, total: 0 },
    sli: null,
    budget: { remaining: null, consumed: null, exhaustsAt: null, remainingOfPeriod: null, resets: [] },
    exclusions: [],
    raw: null,
    sampling: null,
    members: null,
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
  if (refused || reading.fault !== undefined) return 'invalid'
  if (reading.backfill) return 'measuring'
  if (counts.total === 0) return 'no_data'
  if (isFrozen(reading, now)) return 'frozen'
  const { remaining } = budgetOf(units, reading.slo.objective.budgetPpm)
  if (remaining !== null && remaining <= 0) return 'exhausted'
  return alert ? 'warning' : 'ok'
}

const unitsOf = (reading: Reading, minutes: number): Counts =>
  reading.windows.get(minutes)?.units ?? { good: 0, total: 0 }

/** Burn rates by window, shortest first, of the windows that are reported for every SLO and those of its tiers. */
export const burnRatesOf = (reading: Reading): Record<string, number | null> =>
  Object.fromEntries(
    reportedWindows(reading.slo).map((minutes) => [
      windowLabel(minutes),
      burnRate(unitsOf(reading, minutes), reading.slo.objective.budgetPpm),
    ]),
  )

const reportedWindows = ({ tiers }: Slo): number[] =>
  [...new Set([...STATUS_WINDOWS, ...tiers.flatMap((tier) => [tier.shortMinutes, tier.longMinutes])])].sort(
    (a, b) => a - b,
  )

/** Stale data, or a tier whose verdict hangs on a window of which too little is known. Few events are no blindness. */
const isFrozen = (reading: Reading, now: Date): boolean =>
  frozenReading(reading, now, ALERT_POLICY, false) !== null ||
  reading.slo.tiers.some((tier) => judgeTier(tier, reading, ALERT_POLICY).reason === 'frozen_coverage')

/** Budget with its forecast; there is none on frozen data. */
function budgetStatus(
  reading: Reading,
  alert: FiringAlert | null,
  { now, minutes }: StatusContext,
): SloStatus['budget'] {
  const { remaining, consumed } = budgetOf(reading.period.units, reading.slo.objective.budgetPpm)
  const firing = alert?.severity ?? null
  const isKnown = remaining !== null && !reading.backfill && !isFrozen(reading, now)
  const isSpent = remaining !== null && remaining <= 0 && !reading.backfill && invalidReason(reading) === null
  const after = (left: number | null) =>
    left === null ? null : new Date(now.getTime() + left * MINUTE_MS).toISOString()
  const period = isKnown ? forecastPeriod(reading, firing) : null
  return {
    remaining,
    consumed,
    // What is spent is spent, also while nothing new is known.
    exhaustsAt: isSpent ? after(0) : isKnown ? after(minutesToExhaustion(reading, remaining, firing, minutes)) : null,
    remainingOfPeriod: period && {
      remaining: period.remaining,
      expectedTotal: period.expectedTotal,
      exhaustsAt: after(period.exhaustionMinutes),
      estimated: true,
    },
    resets: (reading.period.resets ?? []).map(({ at, reason, by }) => ({ at: at.toISOString(), reason, by })),
  }
}
