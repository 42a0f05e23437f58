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

/** How long others leave the trial to the stream that failed last, by failures since the circuit opened. */
const TRIAL_MS = [30, 60, 60, 60, 120, 120, 180, 300].map((seconds) => seconds * 1_000)

export const isOpen = ({ failures }: Circuit): boolean => failures >= FAILURES_TO_OPEN

export function afterFailure(circuit: Circuit, lane: string, now: Date): Circuit {
  const failures = circuit.failures + 1
  const waitMs = TRIAL_MS[Math.min(failures - FAILURES_TO_OPEN, TRIAL_MS.length - 1)]
  return { failures, trial: waitMs === undefined ? null : { lane, until: new Date(now.getTime() + waitMs) } }
}

/** Until when a stream must wait for another one's trial; null when it need not. */
export const heldUntil = ({ trial }: Circuit, lane: string): Date | null =>
  trial && trial.lane !== lane ? trial.until : null
