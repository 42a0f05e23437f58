import type { Sums } from './call-sums.ts'
import { callersOf, callsWhere, mainOutcome, ratio } from './call-sums.ts'
import type { FailureModeId, OutcomeMode } from './failure-modes.ts'
import { OUTCOME_MODES, RETRY_STORM } from './failure-modes.ts'
import type { Outcome } from './outcome.ts'
import { ownerOf } from './outcome.ts'

export interface FailureMode {
  id: FailureModeId
  mode: string
  /** Of all calls that were not cancelled, 0…1; for a retry storm, of all attempts. */
  share: number
  /** Calls looked at and bad ones among them as received; the share in the baseline, null where it had no calls. */
  evidence: { n: number; bad: number; baselineShare: number | null }
  likelyCause: string
  advice: string
}

/** A share that rose to twice the baseline has changed; less is noise or growth. */
const RISE = 2
/** From here on a mode is shown even if it is the baseline, too: what always fails is failing. */
const CHRONIC_SHARE = 0.05

/** The failure modes a dependency is in, largest share first. */
export const findModes = (now: Sums, before: Sums): FailureMode[] =>
  [...OUTCOME_MODES.map((mode) => outcomeMode(mode, now, before)), retryStorm(now, before)]
    .filter((mode) => mode !== null)
    .sort((a, b) => b.share - a.share)

function outcomeMode(mode: OutcomeMode, now: Sums, before: Sums): FailureMode | null {
  const found = now.byOutcome.get(mode.outcome)
  const share = ratio(found?.calls ?? 0, now.ended.calls)
  if (found === undefined || share === null || found.samples < mode.minBadSamples || share < mode.minShare) return null
  const baselineShare = ratio(before.byOutcome.get(mode.outcome)?.calls ?? 0, before.ended.calls)
  const hasRisen = baselineShare === null || share >= RISE * baselineShare
  if (!hasRisen && share < CHRONIC_SHARE) return null
  return {
    id: mode.id,
    mode: mode.mode,
    share,
    evidence: { n: now.ended.samples, bad: found.samples, baselineShare },
    likelyCause: causeOf(mode, now, before),
    advice: adviceOf(mode, now),
  }
}

/** What the counts add to the usual cause. */
function causeOf({ outcome, likelyCause }: OutcomeMode, now: Sums, before: Sums): string {
  if (outcome === 'circuit_open') {
    const tripped = mainOutcome(now, isProviders) ?? mainOutcome(before, isProviders)
    return tripped === null ? likelyCause : `${likelyCause} Calls that were sent failed with ${tripped}.`
  }
  const [only, ...others] = callersOf(now.rows.filter((row) => row.outcome === outcome))
  const isOneOfMany = only !== undefined && others.length === 0 && callersOf(now.rows).length > 1
  return isOneOfMany ? `${likelyCause} Only ${only.service} is affected.` : likelyCause
}

function adviceOf({ outcome, advice }: OutcomeMode, now: Sums): string {
  const [top, ...others] = callersOf(now.rows)
  if (outcome !== 'throttled' || top === undefined || others.length === 0) return advice
  return `${advice} ${top.service} sends ${Math.round(top.share * 100)} % of them.`
}

/** Only HTTP clients record every attempt; RPC and database clients show one call for all of theirs, so none is seen there. */
function retryStorm(now: Sums, before: Sums): FailureMode | null {
  const share = ratio(now.retries, now.attempts.calls)
  if (share === null) return null
  const retrySamples = Math.round(share * now.attempts.samples)
  const amplification = amplificationOf(now)
  const hasRisen = amplification - 1 >= RETRY_STORM.minRise * (amplificationOf(before) - 1)
  const failures = callsWhere(now, (outcome) => isProviders(outcome) || outcome === 'throttled')
  const isStorm =
    retrySamples >= RETRY_STORM.minRetrySamples &&
    amplification >= RETRY_STORM.minAmplification &&
    failures >= RETRY_STORM.minFailuresPerRetry * now.retries &&
    (hasRisen || amplification >= RETRY_STORM.chronicAmplification)
  if (!isStorm) return null
  const baselineShare = ratio(before.retries, before.attempts.calls)
  return {
    id: RETRY_STORM.id,
    mode: RETRY_STORM.mode,
    share,
    evidence: { n: now.attempts.samples, bad: retrySamples, baselineShare },
    likelyCause: RETRY_STORM.likelyCause,
    advice: `${RETRY_STORM.advice} The load is ${amplification.toFixed(1)} times what is asked for.`,
  }
}

/** Attempts per logical call; 1 without retries. */
function amplificationOf({ attempts, retries }: Sums): number {
  const logical = attempts.calls - retries
  if (retries <= 0) return 1
  return attempts.calls / Math.max(logical, 1)
}

const isProviders = (outcome: Outcome): boolean => ownerOf(outcome, 'outbound') === 'provider'
