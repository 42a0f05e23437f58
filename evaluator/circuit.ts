/**
 * Whether an endpoint is worth trying. After five failures in a row one stream at a time tries it, at its own slots; the
 * others wait for that trial to succeed.
 */
export interface Circuit {
  /** In a row. */
  failures: number
  /** The stream that tried last while the circuit was open, and until when others leave it the trial. */
  trial: { lane: string; until: Date } | null
}

export const CLOSED: Circuit = { failures: 0, trial: null }

const FAILURES_TO_OPEN = 5

/** A stream whose next slot is far away does not keep the others waiting for it. */
const LONGEST_TRIAL_MS = 5 * 60_000

export const isOpen = ({ failures }: Circuit): boolean => failures >= FAILURES_TO_OPEN

/** @param next when the same stream tries again; null when it does not */
export function afterFailure(circuit: Circuit, lane: string, next: Date | null, now: Date): Circuit {
  const failures = circuit.failures + 1
  if (failures < FAILURES_TO_OPEN) return { failures, trial: null }
  const longest = now.getTime() + LONGEST_TRIAL_MS
  return { failures, trial: { lane, until: new Date(Math.min(next?.getTime() ?? longest, longest)) } }
}

/** Until when a stream must wait for another one's trial; null when it need not. */
export const heldUntil = ({ trial }: Circuit, lane: string): Date | null =>
  trial && trial.lane !== lane ? trial.until : null
