import type { Outcome } from './outcome.ts'

export const FAILURE_MODES = ['F1', 'F2', 'F3', 'F4', 'F6', 'F7'] as const
export type FailureModeId = (typeof FAILURE_MODES)[number]

/** A way in which an integration fails that shows in one outcome, and from when on it counts as present. */
export interface OutcomeMode {
  id: Exclude<FailureModeId, 'F7'>
  mode: string
  outcome: Outcome
  /** Fewer observed calls than this are chance or a single bad deploy of one instance. */
  minBadSamples: number
  /** Below this share of all calls nobody would act on it. */
  minShare: number
  likelyCause: string
  advice: string
}

/**
 * Partial processing (F5) needs the calls of one batch side by side and silent data loss (F8) needs two counters:
 * neither can be seen in counts per outcome, so they are not guessed here.
 */
export const OUTCOME_MODES: readonly OutcomeMode[] = [
  {
    id: 'F1',
    mode: 'authentication failure',
    outcome: 'auth',
    // Normal is none at all; a rotation makes a short burst, so the share is low and the count decides.
    minBadSamples: 5,
    minShare: 0.005,
    likelyCause: 'A credential has expired or was rotated, a scope was revoked, or a clock is wrong.',
    advice: "Check the secret's age and last rotation, then compare service versions and instances.",
  },
  {
    id: 'F2',
    mode: 'rate limiting',
    outcome: 'throttled',
    // Well-behaved clients meet their limit now and then and back off.
    minBadSamples: 5,
    minShare: 0.01,
    likelyCause: 'The quota is used up or was lowered, or retries multiply the load.',
    advice: 'Back off with jitter, and see which caller sends most of the attempts.',
  },
  {
    id: 'F3',
    mode: 'timeout',
    outcome: 'timeout',
    // Some slow calls are normal on any network.
    minBadSamples: 5,
    minShare: 0.01,
    likelyCause: 'The dependency is overloaded, or the network on the way to it is.',
    advice:
      "Shorten timeouts and retry with jitter, or open the breaker; compare the dependency's own duration where it is traced.",
  },
  {
    id: 'F4',
    mode: 'schema mismatch',
    outcome: 'schema',
    // Parsers do not fail by chance: a few alike are a changed contract.
    minBadSamples: 3,
    minShare: 0.001,
    likelyCause: 'The contract of the dependency has changed.',
    advice: 'Pin the version, run the contract tests, and look at the first operation that failed.',
  },
  {
    id: 'F6',
    mode: 'circuit open',
    outcome: 'circuit_open',
    // A breaker is a threshold of its own: where it is open, it was tripped.
    minBadSamples: 5,
    minShare: 0.01,
    likelyCause: 'A breaker has tripped and refuses calls before they are sent.',
    advice: 'Look at what failed before it opened: that is the cause, not the breaker.',
  },
]

/** Attempts that a fixed-interval retry multiplies. */
export const RETRY_STORM = {
  id: 'F7',
  mode: 'retry storm',
  /** Fewer retries than this can be one unlucky job. */
  minRetrySamples: 10,
  /** Load multiplier: a fifth more than needed is where retries begin to hurt a dependency that already struggles. */
  minAmplification: 1.2,
  /** Of the multiplier's excess over 1, against the same in the baseline. */
  minRise: 1.5,
  /** Twice the load is shown even if the baseline had it, too. */
  chronicAmplification: 2,
  /** Redirects are re-sends as well: only where failures could explain at least half of the re-sends are they retries. */
  minFailuresPerRetry: 0.5,
  likelyCause: 'Callers retry at fixed intervals while the dependency fails.',
  advice: 'Give retries jitter and a budget.',
} as const
