import { Temporal } from 'temporal-polyfill'

/**
 * The instant at which clocks in a zone show a wall-clock time. A time that a change to summer time skips moves forward by
 * the gap (02:30 → 03:30); of a time that occurs twice the first counts. Source: RFC 5545, 3.3.5.
 * @param wallMs the wall-clock time as if it were UTC, in ms since 1970
 * @param timeZone IANA name
 */
export function instantOfWall(wallMs: number, timeZone: string): Date {
  const wall = Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO('UTC').toPlainDateTime()
  return new Date(wall.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds)
}

/** What clocks in a zone show at an instant, as if it were UTC, in ms since 1970. */
export function wallOfInstant(at: Date, timeZone: string): number {
  const zoned = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone)
  return zoned.toPlainDateTime().toZonedDateTime('UTC').epochMilliseconds
}
