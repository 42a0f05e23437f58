/** Numbers and times as text. Rounding happens only here, and never in a direction that flatters: ratios are floored. */

export type Zone = 'utc' | 'local'

/** Stands for "no number": never 0, never 100 %. */
export const NONE = '–'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** `1,234,567`; weighted counts are shown to the nearest call. */
export const count = (value: number): string => whole.format(value)

/** A count that may be a small part of one: 0.4 allowed events are not none. `1,008`, `9.5`, `0.04`. */
export function few(value: number): string {
  if (value >= 10) return count(value)
  if (value < RESIDUE) return '0'
  return value < 0.01 ? '<0.01' : trimZeros(value.toFixed(value < 1 ? 2 : 1))
}

/** What subtracting weighted counts may leave of nothing. */
const RESIDUE = 1e-6

/** Parts per million → `99.95%`, every digit of the target and no more. */
export const target = (ppm: number): string => `${trimZeros((ppm / 10_000).toFixed(4))}%`

/** A ratio against its target: one digit more than the target has, floored so that 99.96 never reads as 100. */
export function sli(ratio: number | null, targetPpm: number | undefined): string {
  if (ratio === null) return NONE
  if (targetPpm === undefined) return share(ratio)
  const targetDigits = (trimZeros((targetPpm / 10_000).toFixed(4)).split('.')[1] ?? '').length
  return `${floorTo(ratio * 100, Math.max(2, targetDigits + 1))}%`
}

/** Share of the budget left, signed and never clipped: `41%`, `3.2%`, `−1,340%`. */
export function budget(remaining: number | null): string {
  if (remaining === null) return NONE
  const percent = remaining * 100
  return `${minus(Math.abs(percent) < 10 ? floorTo(percent, 1) : whole.format(Math.floor(percent + 1e-9)))}%`
}

/** A plain share such as failing calls: `0.02%`, `12.5%`, `100%`. */
export function share(ratio: number | null): string {
  if (ratio === null) return NONE
  const percent = ratio * 100
  if (percent > 0 && percent < 0.01) return '<0.01%'
  if (percent >= 1_000) return `${percent.toLocaleString('en', { maximumFractionDigits: 0 })}%`
  return `${trimZeros(percent.toFixed(percent < 1 ? 2 : 1))}%`
}

/** Burn rate, × sustainable, in running text: `0.42×`, `14.4×`, `1,000×`. */
export function burn(rate: number | null | undefined): string {
  if (rate === null || rate === undefined) return NONE
  return `${rate.toLocaleString('en', { maximumFractionDigits: rate >= 100 ? 0 : 2 })}×`
}

/** The same in a column of numbers: two decimals below 100, so that the points stand under each other. */
export function burnAligned(rate: number | null | undefined): string {
  if (rate === null || rate === undefined) return NONE
  const digits = rate >= 100 ? 0 : 2
  return `${rate.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}×`
}

/** Milliseconds → the two units that matter: `12 s`, `23 min`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return joinUnits(hours, 'h', minutes % 60, 'min')
  return joinUnits(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** Short times: `0.42 ms`, `12.3 ms`, `1.84 s`. */
export function milliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  return `${ms.toFixed(ms >= 100 ? 0 : ms >= 10 ? 1 : 2)} ms`
}

/** `1h` → 3_600_000; a month, quarter and year are 30, 90 and 365 days. Null when it is no duration such as 5m, 3d, 1M. */
export function durationMs(text: string): number | null {
  const match = /^(\d+)(s|m|h|d|w|M|Q|Y)$/.exec(text)
  if (!match) return null
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]
}

const DAY_MS = 86_400_000
const UNIT_MS = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
  M: 30 * DAY_MS,
  Q: 90 * DAY_MS,
  Y: 365 * DAY_MS,
} as const

/** Minutes → `5m`, `6h`, `3d`: the names windows have in the API. */
export function windowName(minutes: number): string {
  if (minutes % 1440 === 0) return `${minutes / 1440}d`
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`
}

/** `14:03:20 UTC`, with the day in front when it is not that of `now`; null always shows the day. */
export function time(at: number, now: number | null, zone: Zone, precision: 'second' | 'minute' = 'minute'): string {
  const parts: Intl.DateTimeFormatOptions = {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
    ...(precision === 'second' ? { second: '2-digit' } : {}),
    ...(zone === 'utc' ? { timeZone: 'UTC' } : {}),
  }
  const clock = new Intl.DateTimeFormat('en-GB', parts).format(at)
  return now !== null && day(at, zone) === day(now, zone) ? clock : `${day(at, zone)} ${clock}`
}

/** `21 Nov`. */
export function day(at: number, zone: Zone): string {
  const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' }
  return new Intl.DateTimeFormat('en-GB', zone === 'utc' ? { ...options, timeZone: 'UTC' } : options).format(at)
}

/** `a`, `a and b`, `a, b and c`. */
export const listWords = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

/** `1 page`, `2 pages`. */
export const plural = (n: number, word: string): string => `${count(n)} ${word}${n === 1 ? '' : 's'}`

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

const minus = (text: string): string => text.replace('-', '−')

/** The tiny addend undoes binary noise: 0.29 × 100 is 28.999…6 in doubles and must still read 29. */
function floorTo(value: number, digits: number): string {
  const scale = 10 ** digits
  return (Math.floor(value * scale + 1e-6) / scale).toFixed(digits)
}

const joinUnits = (major: number, majorUnit: string, minor: number, minorUnit: string): string =>
  minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`
