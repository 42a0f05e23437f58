import { Temporal } from 'temporal-polyfill'

/**
 * Whether clocks of this zone can be computed: an IANA name in its own letters, such as `Europe/Berlin` or `UTC`. Offsets
 * (`+02:00`) and abbreviations (`BST`, which is London's summer to some and Dhaka to others) are none.
 */
export function isTimeZone(name: string): boolean {
  try {
    return !/^[+-]/.test(name) && Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId === name
  } catch {
    return false
  }
}
