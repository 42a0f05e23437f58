import { z } from 'zod'
import type { MeasuredIndicator, MetricSelection } from '../slo/model.ts'
import { COUNTER_GAP_MINUTES, isExponentialBound, pointsCondition } from './metric-sql.ts'
import { type Db, query } from './query.ts'
import { Parameters } from './sql-parameters.ts'

/** Why histograms in the range cannot be counted at the thresholds of an SLI, in words for its author; null when they can. */
export async function offBounds(
  db: Db,
  indicator: MeasuredIndicator,
  range: { from: Date; to: Date },
): Promise<string | null> {
  if (indicator.source !== 'metric') return null
  for (const selection of [indicator.numerator.selection, indicator.total]) {
    if (selection.source !== 'metric' || selection.kind !== 'histogram' || selection.le === null) continue
    const around = (await boundsAround(db, selection, range)) ?? (await powersAround(db, selection, range))
    if (around === null) continue
    const what = `le: ${selection.le} is no bucket bound of ${selection.metric}`
    return `${what}: ${adviceOf(around)}, or give the histogram a bound there`
  }
  return null
}

function adviceOf({ below, above }: Around): string {
  if (below !== null && above !== null) return `use ${below} or ${above}, the bounds around it`
  if (below === null && above === null) return 'its points have no buckets'
  return `use ${below ?? above}, the bound next to it`
}

interface Around {
  below: number | null
  above: number | null
}

const row = z.object({ below: z.number().nullable(), above: z.number().nullable(), points: z.number() })

/** Bounds of explicit buckets without the threshold; null when there is no such point. */
const boundsAround = (db: Db, selection: MetricSelection, range: { from: Date; to: Date }) =>
  read(
    db,
    selection,
    range,
    (le) => `SELECT
      nullIf(max(arrayMax(arrayPushFront(arrayFilter(bound -> bound < ${le}, ExplicitBounds), -inf))), -inf) AS below,
      nullIf(min(arrayMin(arrayPushFront(arrayFilter(bound -> bound > ${le}, ExplicitBounds), inf))), inf) AS above,
      count() AS points
    FROM otel_metrics_histogram`,
    (le) => `NOT has(ExplicitBounds, ${le})`,
  )

/** The same for exponential buckets, whose bounds are powers of 2^(2^-scale). */
const powersAround = (db: Db, selection: MetricSelection, range: { from: Date; to: Date }) =>
  read(
    db,
    selection,
    range,
    (le) => `SELECT
      max(exp2(floor(log2(${le}) * exp2(Scale)) / exp2(Scale))) AS below,
      min(exp2((floor(log2(${le}) * exp2(Scale)) + 1) / exp2(Scale))) AS above,
      count() AS points
    FROM otel_metrics_exponential_histogram`,
    (le) => `NOT (${isExponentialBound(le)})`,
  )

async function read(
  db: Db,
  selection: MetricSelection,
  range: { from: Date; to: Date },
  select: (le: string) => string,
  isOff: (le: string) => string,
): Promise<Around | null> {
  const params = new Parameters('p')
  const le = params.add('Float64', selection.le)
  const [found] = await query({
    sql: `${select(le)} WHERE ${pointsCondition(selection, params)}
      AND TimeUnix >= toDateTime64({from:DateTime}, 9) - toIntervalMinute(${COUNTER_GAP_MINUTES}) AND TimeUnix < toDateTime64({to:DateTime}, 9)
      AND ${isOff(le)}`,
    params: z.looseObject({ from: z.date(), to: z.date() }),
    row,
  })(db, { ...params.values, ...range })
  return found && found.points > 0 ? found : null
}
