import { plainName } from '../../integration/plain-name.ts'

const MINUTES_PER_HOUR = 60
const MINUTES_PER_DAY = 1_440

/** 12.9 → `12 min`, 1020 → `17 h`, 43200 → `30 d`: cut, not rounded up. */
export function durationText(minutes: number): string {
  if (minutes >= 2 * MINUTES_PER_DAY) return `${Math.floor(minutes / MINUTES_PER_DAY)} d`
  return minutes >= 2 * MINUTES_PER_HOUR ? `${Math.floor(minutes / MINUTES_PER_HOUR)} h` : `${Math.floor(minutes)} min`
}

/** `2026-01-01 00:00 UTC` */
export const minuteText = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** `00:00 UTC` */
export const timeText = (at: Date): string => `${at.toISOString().slice(11, 16)} UTC`

/** 16.66 → `16.7x` */
export const times = (burn: number): string => `${Number(burn.toFixed(1))}x`

export const whole = (n: number): string => Math.round(n).toLocaleString('en-US')

/** 0.415 → `41 %`, rounded towards nothing left. */
export const percent = (share: number): string => `${Math.floor(share * 100)} %`

/** 0.0123 → `1.2 %`, two digits that count */
export const share = (part: number): string => `${Number((part * 100).toPrecision(2))} %`

/** `1h` → `1 h` */
export const spaced = (window: string): string => window.replace(/(\d)([mhd])$/, '$1 $2')

/**
 * On one line, and read from left to right as it is written: names come from telemetry, and must not make up lines of a mail,
 * colours of a terminal, or text that hides other text.
 */
export const oneLine = plainName

const MAX_NAMES = 10

/** Ten names, and how many more there are. */
export const named = (names: readonly string[]): string =>
  names.length <= MAX_NAMES
    ? names.join(', ')
    : `${names.slice(0, MAX_NAMES).join(', ')} and ${names.length - MAX_NAMES} more`

/** At most `max` characters, the last one an ellipsis where something is left out. */
export const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`)
