import type { Log } from '../../runtime/log.ts'
import { keyOf, type Measured } from '../../slo/indicator.ts'
import { measureIndicators } from '../../storage/indicator-minutes.ts'
import type { Db } from '../../storage/query.ts'
import { failed, type Standing } from '../decide/standing.ts'
import { MINUTE_MS, merge, type Range } from './ranges.ts'

/** Stores what is measured, and keeps account of which minutes and which failures there were. */
export class Storing {
  readonly #db: Db
  readonly #log: Log
  readonly #standings: ReadonlyMap<string, Standing>
  #written: Range[] = []

  constructor(db: Db, log: Log, standings: ReadonlyMap<string, Standing>) {
    this.#db = db
    this.#log = log
    this.#standings = standings
  }

  /** Measures a range of several SLIs; answers with those that cannot be measured. What rejects may have stored a part. */
  async store(standings: readonly Standing[], range: Range, now: Date): Promise<Standing[]> {
    try {
      const failures = await measureIndicators(
        this.#db,
        standings.map((standing) => upTo(standing, now)),
        range,
        now,
      )
      return failures.flatMap(({ measured, error }) => this.#note(keyOf(measured), error, now) ?? [])
    } finally {
      this.#written = merge([...this.#written, range])
    }
  }

  /** An SLI that cannot be measured. */
  noteFailure({ measured }: Standing, error: Error, now: Date): void {
    this.#note(keyOf(measured), error, now)
  }

  /** Event time of all minutes that may have been stored since it was asked last. */
  written(): Range[] {
    const ranges = this.#written
    this.#written = []
    return ranges
  }

  #note(key: string, error: Error, now: Date): Standing | null {
    const standing = this.#standings.get(key)
    if (!standing) return null
    if (standing.error !== error.message) {
      this.#log.warn(
        { indicator: standing.measured.indicator.name, reason: error.message },
        'an SLI cannot be measured',
      )
    }
    failed(standing, error, now)
    return standing
  }
}

/** Hours before what is measured are not summed: they are once their minutes are there. */
function upTo({ measured, history }: Standing, now: Date): Measured {
  if (history === null) return measured
  const minutes = Math.ceil((now.getTime() - history.measuredFromMs) / MINUTE_MS)
  return { ...measured, windowMinutes: Math.min(measured.windowMinutes, Math.max(0, minutes)) }
}
