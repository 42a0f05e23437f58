import { countedOf } from '../../slo/indicator.ts'
import type { MeasuredIndicator } from '../../slo/model.ts'
import { readDirty } from '../../storage/freshness.ts'
import { COUNTER_GAP_MINUTES } from '../../storage/metric-sql.ts'
import { readArrivals } from '../../storage/point-minutes.ts'
import type { Db } from '../../storage/query.ts'
import { MINUTE_MS, type Range } from './ranges.ts'

/** Segments become visible a little out of order, and clocks differ a little. */
export const OVERLAP_MS = 2 * MINUTE_MS

/** Event time that something arrived for. */
export interface Arrived {
  calls: readonly Range[]
  metrics: ReadonlyMap<string, readonly Range[]>
}

/** Whether minutes of an SLI change with calls; an author's SELECT may read them. */
export const readsCalls = (indicator: MeasuredIndicator): boolean =>
  indicator.source === 'calls' ||
  indicator.source === 'sql' ||
  countedOf(indicator).some((one) => one.source === 'calls')

/** The metrics an SLI is measured from. */
export function metricsOf(indicator: MeasuredIndicator): string[] {
  if (indicator.source === 'gauge') return [indicator.selection.metric]
  return countedOf(indicator).flatMap((one) => (one.source === 'metric' ? [one.metric] : []))
}

/** Tells what arrived since it was asked last, by the collectors' own log; `startAt` says where to begin. */
export class Arrivals {
  readonly #db: Db
  /** Ingest time up to which arrivals were looked at, and those seen within the overlap before it. */
  #since: Date | null = null
  #seen = new Map<string, Date>()

  constructor(db: Db) {
    this.#db = db
  }

  startAt(instant: Date): void {
    this.#since ??= instant
  }

  /** `remember` is called once what is told is taken care of; without it, the next read tells it again. */
  async read(metrics: readonly string[], now: Date): Promise<{ arrived: Arrived; remember: () => void }> {
    const since = new Date((this.#since ?? now).getTime() - OVERLAP_MS)
    const [segments, points] = await Promise.all([readDirty(this.#db, since), readArrivals(this.#db, metrics, since)])
    const newSegments = segments.filter(({ segment }) => !this.#seen.has(segment))
    const newPoints = points.filter((point) => !this.#seen.has(keyOfPoint(point)))
    return {
      arrived: {
        calls: newSegments.map(({ from, to }) => ({ from, to: new Date(to.getTime() + 1) })),
        metrics: new Map(
          [...Map.groupBy(newPoints, ({ metric }) => metric)].map(([metric, these]) => [
            metric,
            these.map(({ minute }) => reachOf(minute, now)),
          ]),
        ),
      },
      remember: () => {
        for (const { segment, ingestedAt } of newSegments) this.#remember(segment, ingestedAt)
        for (const point of newPoints) this.#remember(keyOfPoint(point), point.arrivedAt)
        const forgetBefore = (this.#since ?? now).getTime() - 2 * OVERLAP_MS
        for (const [key, at] of this.#seen) if (at.getTime() < forgetBefore) this.#seen.delete(key)
      },
    }
  }

  #remember(key: string, at: Date): void {
    this.#seen.set(key, at)
    if (!this.#since || at > this.#since) this.#since = at
  }
}

const keyOfPoint = ({ metric, minute, arrivedAt }: { metric: string; minute: Date; arrivedAt: Date }) =>
  `${metric}\n${minute.getTime()}\n${arrivedAt.getTime()}`

/** A point changes its own minute, and what the next point of a cumulative series gained: that one may be a gap later. */
function reachOf(minute: Date, now: Date): Range {
  const own = minute.getTime() + MINUTE_MS
  const next = Math.min(own + COUNTER_GAP_MINUTES * MINUTE_MS, now.getTime())
  return { from: minute, to: new Date(Math.max(own, next)) }
}
