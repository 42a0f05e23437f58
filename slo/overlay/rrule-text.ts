import { isTimeZone } from '../../time/zone.ts'
import { instantOfWall } from './wall-clock.ts'

/** A recurrence as RFC 5545 writes it, taken apart. */
export interface RruleText {
  timeZone: string
  /** Wall-clock time of the first occurrence as if it were UTC, in ms since 1970. */
  startWallMs: number
  /** The rule without UNTIL: `FREQ=WEEKLY;BYDAY=SU`. */
  rule: string
  /** No occurrence starts after this instant. */
  until: Date | null
  /** Occurrences that do not take place. */
  excluded: readonly Date[]
}

/** Allowed values of each part of a rule. Source: RFC 5545, 3.3.10. */
const PARTS: Record<string, RegExp> = {
  FREQ: /^(HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  INTERVAL: /^[1-9]\d{0,4}$/,
  COUNT: /^[1-9]\d{0,4}$/,
  UNTIL: /^\d{8}(T\d{6}Z?)?$/,
  BYMINUTE: listOf('[1-5]?\\d'),
  BYHOUR: listOf('1?\\d|2[0-3]'),
  BYDAY: listOf('(?:[+-]?[1-9]\\d?)?(?:MO|TU|WE|TH|FR|SA|SU)'),
  BYMONTHDAY: listOf('-?(?:[1-9]|[12]\\d|3[01])'),
  BYYEARDAY: listOf('-?[1-9]\\d{0,2}'),
  BYWEEKNO: listOf('-?(?:[1-9]|[1-4]\\d|5[0-3])'),
  BYMONTH: listOf('0?[1-9]|1[0-2]'),
  BYSETPOS: listOf('-?[1-9]\\d{0,2}'),
  WKST: /^(MO|TU|WE|TH|FR|SA|SU)$/,
}

function listOf(item: string): RegExp {
  return new RegExp(`^(?:${item})(?:,(?:${item}))*$`)
}

const FORM = 'expected DTSTART;TZID=Europe/Berlin:20260104T020000, then RRULE:FREQ=WEEKLY;BYDAY=SU on a line of its own'

/**
 * Reads `DTSTART;TZID=…`, `RRULE` and any `EXDATE`, one a line.
 * @returns the recurrence, or a sentence saying what is wrong
 */
export function parseRrule(text: string): RruleText | string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const properties = lines.map(propertyOf)
  const unknown = properties.find((property) => !property || !['DTSTART', 'RRULE', 'EXDATE'].includes(property.name))
  if (unknown !== undefined) return `only DTSTART, RRULE and EXDATE are understood, one a line: ${FORM}`
  const named = (name: string) => properties.filter((property) => property?.name === name)
  const [start, ...otherStarts] = named('DTSTART')
  const [rule, ...otherRules] = named('RRULE')
  if (!start || !rule || otherStarts.length > 0 || otherRules.length > 0) return FORM

  const timeZone = start.value.endsWith('Z') ? 'UTC' : start.timeZone
  if (timeZone === null) return 'DTSTART needs a time zone: DTSTART;TZID=Europe/Berlin:20260104T020000'
  if (!isTimeZone(timeZone)) return `${timeZone} is no time zone; use a name such as Europe/Berlin or UTC`
  const startWallMs = wallOf(start.value)
  if (startWallMs === null) return `${start.value} is no date and time; expected 20260104T020000`

  const parts = rule.value.toUpperCase().split(';').map(pairOf)
  const fault = partsFault(parts)
  if (fault !== null) return fault
  const until = parts.find(([name]) => name === 'UNTIL')?.[1]
  const excluded: Date[] = []
  for (const property of named('EXDATE')) {
    for (const value of property?.value.split(',') ?? []) {
      const at = instantOfText(value, property?.timeZone ?? timeZone)
      if (at === null) return `EXDATE ${value} is no date and time; expected 20260104T020000, as DTSTART`
      excluded.push(at)
    }
  }
  return {
    timeZone,
    startWallMs,
    rule: parts
      .filter(([name]) => name !== 'UNTIL')
      .map((pair) => pair.join('='))
      .join(';'),
    until: until === undefined ? null : instantOfText(until.includes('T') ? until : `${until}T235959`, timeZone),
    excluded,
  }
}

/** How often a rule starts at most on a day on which it does. */
export function startsADay({ rule }: Pick<RruleText, 'rule'>): number {
  const parts = new Map(rule.split(';').map(pairOf))
  const listed = (name: string) => parts.get(name)?.split(',').length
  const hours = parts.get('FREQ') === 'HOURLY' ? Math.ceil(24 / Number(parts.get('INTERVAL') ?? 1)) : 1
  return (listed('BYMINUTE') ?? 1) * (listed('BYHOUR') ?? hours)
}

function propertyOf(line: string): { name: string; timeZone: string | null; value: string } | null {
  const [, name, zone, value] = /^\s*([A-Za-z]+)(?:;TZID=([^:;]+))?:(\S+)\s*$/.exec(line) ?? []
  return name === undefined || value === undefined ? null : { name: name.toUpperCase(), timeZone: zone ?? null, value }
}

const pairOf = (part: string): [name: string, value: string] => {
  const at = part.indexOf('=')
  return at === -1 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)]
}

function partsFault(parts: readonly [string, string][]): string | null {
  const names = parts.map(([name]) => name)
  if (!names.includes('FREQ')) return 'RRULE needs FREQ: HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY'
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) return `RRULE says ${twice} twice`
  if (names.includes('UNTIL') && names.includes('COUNT')) return 'RRULE has both UNTIL and COUNT: keep one'
  for (const [name, value] of parts) {
    const form = PARTS[name]
    if (!form) return `RRULE does not know ${name || 'an empty part'}; known are ${Object.keys(PARTS).join(', ')}`
    if (!form.test(value)) return `RRULE ${name}=${value} is not allowed here`
  }
  return null
}

/** `20260104T020000` as if it were UTC; null when there is no such date. */
function wallOf(text: string): number | null {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z?$/.exec(text) ?? []
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const at = new Date(iso)
  return Number.isNaN(at.getTime()) || at.toISOString() !== iso ? null : at.getTime()
}

function instantOfText(text: string, timeZone: string): Date | null {
  const wallMs = wallOf(text)
  if (wallMs === null || !isTimeZone(timeZone)) return null
  return text.endsWith('Z') ? new Date(wallMs) : instantOfWall(wallMs, timeZone)
}
