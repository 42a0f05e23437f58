import { DELTA, GAP_NS, NS_PER_SECOND } from './metric-sql.ts'

// What the points of a series gained, in the words of ClickHouse. A point is a tuple (at, since, held, amounts): its time and
// start in ns, the value or count it holds, and every amount that is asked for. What a point gained depends on points at or
// before its own time alone, so that measuring minute by minute equals measuring once.

/** So many earlier points of a stream are looked at: a value that falls and comes back, or writers that take turns. */
const LOOK_BACK_POINTS = 8

/** A start that moves by so little is the same; clocks and exporters that work it out anew each time do that. */
const START_JITTER_NS = 10 * NS_PER_SECOND
/** A start so near the point before is that point: the exporter gives the time of its last export. */
const EXPORT_JITTER_NS = NS_PER_SECOND

/** Points of one writer have one start; deltas need none. */
export const STREAM = `if(temporality = ${DELTA}, toInt64(0), since)`

/**
 * For `streams`, arrays of points in order of their first: arrays of (at, gained amounts).
 *
 * Delta points count as they are. A cumulative point counts what it gained since the point before it in its stream. Values that
 * fall and come back go on from where they were: one odd point adds little, and writers that share even their start, and
 * take turns, are told apart by their values. A value that falls for the first time is a reset and counts whole. The first point of a
 * stream counts whole when the stream began within the gap, unless its start is but the moved one of the stream before.
 * A start that equals the time is an unknown one: such a point is where counting begins.
 * Source: OpenTelemetry metrics data model, "Resets and gaps" and "Overlap".
 */
export const gainsOf = (streams: string) => `if(temporality = ${DELTA},
            arrayMap(points -> arrayMap(point -> (point.1, point.4), points), ${streams}),
            arrayMap((points, before) -> arrayMap((point, i) -> (point.1, ${GAIN}), points, arrayEnumerate(points)),
              ${streams}, arrayPushFront(arrayPopBack(${streams}), arraySlice(${streams}[1], 1, 0))))`

/** What `point`, the i-th of `points`, gained; `before` is the stream that began before this one. */
const GAIN = `multiIf(
              ${base()} > 0, ${difference(`points[${base()}].4`)},
              i > 1 AND point.1 - points[i - 1].1 <= ${GAP_NS}, point.4,
              i = 1 AND ${isMoved()}, ${difference(`${lastBefore()}.4`)},
              point.2 > 0 AND point.2 < point.1 AND point.1 - point.2 <= ${GAP_NS}, point.4,
              arrayMap(now -> toFloat64(0), point.4))`

/**
 * The index of the point that the i-th goes on from, 0 without one. Where the value did not fall: the point before, or a
 * higher one from which values fell meanwhile. Where it fell: the highest one at or below it since values fell before.
 */
function base(): string {
  const recent = `range(toUInt32(greatest(1, toInt64(i) - ${LOOK_BACK_POINTS})), toUInt32(i))`
  const fell = (j: string) => `(${j} > 1 AND points[${j}].3 < points[${j} - 1].3)`
  const others = `if(points[i - 1].3 <= point.3, j = i - 1 OR ${fell('j + 1')}, arrayExists(k -> k <= j AND ${fell('k')}, ${recent}))`
  return `arrayMax(arrayPushFront(arrayMap(j -> (points[j].3, j), arrayFilter(
                j -> points[j].3 <= point.3 AND point.1 - points[j].1 <= ${GAP_NS} AND ${others}, ${recent})), (toFloat64(-1), toUInt32(0)))).2`
}

function difference(before: string): string {
  return `arrayMap((now, was) -> if(now >= was, now - was, now), point.4, ${before})`
}

function lastBefore(): string {
  return `arrayLast(known -> known.1 < point.1, before)`
}

function isMoved(): string {
  const last = lastBefore()
  const isUnknown = `point.2 >= point.1 AND ${last}.2 >= ${last}.1`
  const isNear = `point.2 < point.1 AND (abs(point.2 - ${last}.2) <= ${START_JITTER_NS} OR abs(point.2 - ${last}.1) <= ${EXPORT_JITTER_NS})`
  return `${last}.1 > 0 AND point.1 - ${last}.1 <= ${GAP_NS} AND ${last}.3 <= point.3 AND ((${isUnknown}) OR (${isNear}))`
}
