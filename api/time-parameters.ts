import { z } from 'zod'

const UNIT_MINUTES: Record<string, number> = { m: 1, h: 60, d: 1440, w: 10_080 }
const DURATION = /^([1-9]\d{0,5})([mhdw])$/
const RELATIVE = /^now(?:-([1-9]\d{0,5})([mhdw]))?$/
const MINUTE_MS = 60_000

/** An instant: RFC 3339, `now`, or `now-6h`; `resolveInstant` turns it into a Date. */
export const timeParameter = z
  .string()
  .refine((text) => RELATIVE.test(text) || z.iso.datetime({ offset: true }).safeParse(text).success, {
    message: 'expected RFC 3339 such as 2026-01-01T00:00:00Z, or now, or now-6h',
  })
  .meta({ description: 'RFC 3339, `now`, or `now-<n>m|h|d|w`' })

/** `5m`, `2h`, `1d` → minutes. */
export const durationParameter = z
  .string()
  .regex(DURATION, 'expected a duration in whole minutes such as 5m, 2h, 1d')
  .transform((text) => minutesOf(text.slice(0, -1), text.slice(-1)))
  .meta({ type: 'string', example: '1h' })

const minutesOf = (count: string, unit: string): number => Number(count) * (UNIT_MINUTES[unit] ?? 1)

/** The instant a checked `timeParameter` names. */
export function resolveInstant(text: string, now: Date): Date {
  const relative = RELATIVE.exec(text)
  if (!relative) return new Date(text)
  const [, count, unit] = relative
  return new Date(now.getTime() - (count && unit ? minutesOf(count, unit) * MINUTE_MS : 0))
}
