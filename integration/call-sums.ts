import type { Outcome } from './outcome.ts'

/** Outbound calls of one service to one dependency that ended alike, in one window; nested and synthetic ones left out. */
export interface CallCounts {
  dependency: string
  service: string
  protocol: string
  outcome: Outcome
  /** Weighted by sampling probability. */
  calls: number
  /** Weighted calls that were re-sends. */
  retries: number
  /** As received: what statistics may be based on. */
  samples: number
}

export interface Sum {
  calls: number
  samples: number
}

export interface Sums {
  byOutcome: ReadonlyMap<Outcome, Sum>
  attempts: Sum
  /** Everything but cancelled calls: what shares are of. */
  ended: Sum
  /** Ended, without the caller's own mistakes: what the error budget is of. */
  counted: Sum
  bad: Sum
  retries: number
  rows: readonly CallCounts[]
}

/** Neither says anything about the dependency: the caller gave up, or asked for the wrong thing. */
const NOT_COUNTED: ReadonlySet<Outcome> = new Set(['cancelled', 'client_error'])

export const isBad = (outcome: Outcome): boolean => outcome !== 'ok' && !NOT_COUNTED.has(outcome)

/** Sums of one dependency's rows, in any order. */
export function sumsOf(rows: readonly CallCounts[]): Sums {
  const byOutcome = new Map<Outcome, Sum>()
  const sums = { attempts: zero(), ended: zero(), counted: zero(), bad: zero(), retries: 0 }
  for (const row of rows) {
    byOutcome.set(row.outcome, add(byOutcome.get(row.outcome) ?? zero(), row))
    add(sums.attempts, row)
    sums.retries += row.retries
    if (row.outcome !== 'cancelled') add(sums.ended, row)
    if (!NOT_COUNTED.has(row.outcome)) add(sums.counted, row)
    if (isBad(row.outcome)) add(sums.bad, row)
  }
  return { ...sums, byOutcome, rows }
}

const zero = (): Sum => ({ calls: 0, samples: 0 })

function add(sum: Sum, { calls, samples }: Sum): Sum {
  sum.calls += calls
  sum.samples += samples
  return sum
}

/** `part / whole`, null without a whole: no data is not zero. */
export const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)

/** Calls that ended in an outcome that fits. */
export function callsWhere({ byOutcome }: Sums, fits: (outcome: Outcome) => boolean): number {
  let calls = 0
  for (const [outcome, sum] of byOutcome) if (fits(outcome)) calls += sum.calls
  return calls
}

/** The outcome with most calls among those that fit, null without any. */
export function mainOutcome({ byOutcome }: Sums, fits: (outcome: Outcome) => boolean): Outcome | null {
  let main: Outcome | null = null
  let most = 0
  for (const [outcome, { calls }] of byOutcome) {
    const isMore = calls > most || (calls === most && main !== null && outcome < main)
    if (!fits(outcome) || !isMore) continue
    main = outcome
    most = calls
  }
  return main
}

/** Callers by their share of the rows' attempts, largest first. */
export function callersOf(rows: readonly CallCounts[]): { service: string; share: number }[] {
  const all = callsOf(rows)
  return [...Map.groupBy(rows, ({ service }) => service)]
    .map(([service, own]) => ({ service, share: ratio(callsOf(own), all) ?? 0 }))
    .sort((a, b) => b.share - a.share || (a.service < b.service ? -1 : 1))
}

const callsOf = (rows: readonly CallCounts[]): number => rows.reduce((sum, { calls }) => sum + calls, 0)
