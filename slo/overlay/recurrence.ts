import { Cron } from 'croner'
import { RRuleTemporal } from 'rrule-temporal'
import { boundedMemo } from '../../integration/bounded-memo.ts'
import { isTimeZone } from '../../time/zone.ts'
import { parseRrule, type RruleText, startsADay as rruleStartsADay } from './rrule-text.ts'
import { instantOfWall, wallOfInstant } from './wall-clock.ts'

/** `DTSTART;TZID=Europe/Berlin:20260104T020000` and `RRULE:…`, with any EXDATE, one a line. Source: RFC 5545. */
export interface RruleRecurrence {
  rrule: string
  durationMinutes: number
}

/** Five fields of cron; a day is meant when day of month or day of week says so, where both are given. */
export interface CronRecurrence {
  cron: string
  /** IANA name. */
  timeZone: string
  durationMinutes: number
}

export type Recurrence = RruleRecurrence | CronRecurrence

/** Starts between two instants, both included, ascending. */
type Starts = (from: Date, to: Date) => Date[]

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** No change of a zone's rules moved clocks by more than a day (Samoa left out 30 December 2011). */
const ZONE_SLACK_MS = DAY_MS + 60 * MINUTE_MS

/** Expanded beyond what is asked for, as the next question is about a moment later. */
const AHEAD_MS = 7 * DAY_MS

/** No budget looks back further than a year. */
const LOOKED_BACK_MS = 366 * DAY_MS

/** Far more rules than anybody plans. */
const REMEMBERED = { entries: 500, maxKeyChars: 5_000 }

/** Of each rule, compiled and with its last expansion; by text, as every tick reads the rules again. */
const compiled = boundedMemo((text: string): Starts | string => {
  const made = compile(JSON.parse(text) as Rule)
  return typeof made === 'string' ? made : remembering(made)
}, REMEMBERED)

/**
 * When a recurrence starts between two instants, both included. Rules run on the wall clock of their zone: a start in the gap
 * of a change to summer time moves forward by the gap, of an hour that occurs twice the first counts.
 * @throws {Error} for a recurrence that `recurrenceFault` refuses
 */
export function startsBetween(recurrence: Recurrence, from: Date, to: Date): Date[] {
  const starts = compiled(JSON.stringify(ruleOf(recurrence)))
  if (typeof starts === 'string') throw new Error(starts)
  return starts(from, to)
}

/** Every hour: what starts more often is a window that hardly ends, and takes seconds to expand for a year. */
const MOST_STARTS_A_DAY = 24

/** What is wrong with a recurrence as it is written, or null. */
export function recurrenceFault(recurrence: Recurrence): string | null {
  const made = compile(ruleOf(recurrence))
  if (typeof made === 'string') return made
  // The library also takes a date, or @daily: one form is enough to read.
  if ('cron' in recurrence && fieldsOf(recurrence).length !== 5) return `cron cannot be used: ${CRON_FORM}`
  if (startsADay(recurrence) > MOST_STARTS_A_DAY)
    return `it starts more than ${MOST_STARTS_A_DAY} times a day: use fewer and longer windows`
  return recurrence.durationMinutes >= 1 && Number.isInteger(recurrence.durationMinutes)
    ? null
    : 'the duration must be a whole number of minutes, one at least'
}

/** On a day on which a recurrence takes place; of cron no more are counted than are too many. */
function startsADay(recurrence: Recurrence): number {
  if ('rrule' in recurrence) {
    const text = parseRrule(recurrence.rrule)
    return typeof text === 'string' ? 0 : rruleStartsADay(text)
  }
  const [minutes, hours] = fieldsOf(recurrence)
  const daily = new Cron(`${minutes} ${hours} * * *`, { timezone: 'UTC', mode: '5-part', paused: true })
  let starts = 0
  for (let at = daily.nextRun(new Date(-1)); at && at.getTime() < DAY_MS && starts <= MOST_STARTS_A_DAY; starts++)
    at = daily.nextRun(at)
  return starts
}

/** The shortest time between two starts within a span, in minutes; null with fewer than two. */
export function shortestGapMinutes(recurrence: Recurrence, from: Date, to: Date): number | null {
  const starts = startsBetween(recurrence, from, to)
  const gaps = starts.slice(1).map((start, index) => (start.getTime() - (starts[index] ?? start).getTime()) / MINUTE_MS)
  return gaps.length === 0 ? null : gaps.reduce((least, gap) => Math.min(least, gap))
}

/** Notes on what an author may not expect; none refuses. */
export function recurrenceWarnings(recurrence: Recurrence): string[] {
  if (!('cron' in recurrence)) return []
  const [, , dayOfMonth, , dayOfWeek] = fieldsOf(recurrence)
  return dayOfMonth !== '*' && dayOfWeek !== '*'
    ? ['cron names days of the month and of the week: either is enough, as in classic cron']
    : []
}

const CRON_FORM = 'expected minute, hour, day of month, month, day of week'

const fieldsOf = ({ cron }: Pick<CronRecurrence, 'cron'>): string[] => cron.trim().split(/\s+/)

/** When it starts, without how long it takes. */
type Rule = { rrule: string } | { cron: string; timeZone: string }

const ruleOf = (recurrence: Recurrence): Rule =>
  'cron' in recurrence ? { cron: recurrence.cron, timeZone: recurrence.timeZone } : { rrule: recurrence.rrule }

function compile(rule: Rule): Starts | string {
  if ('cron' in rule) return compileCron(rule)
  const text = parseRrule(rule.rrule)
  return typeof text === 'string' ? text : compileRrule(text)
}

/** The library sees wall-clock times as UTC, where no hour is missing or double; zones are this module's business. */
function compileRrule({ timeZone, startWallMs, rule, until, excluded }: RruleText): Starts | string {
  try {
    const start = new Date(startWallMs).toISOString().replace(/[-:]|\.000/g, '')
    const library = new RRuleTemporal({ rruleString: `DTSTART:${start}\nRRULE:${rule}`, maxIterations: 100_000 })
    const never = new Set(excluded.map(Number))
    const starts = onWallClock(timeZone, (fromWall, toWall) =>
      library.between(new Date(fromWall), new Date(toWall), true).map(({ epochMilliseconds }) => epochMilliseconds),
    )
    return (from, to) => starts(from, to).filter((at) => !never.has(at.getTime()) && (until === null || at <= until))
  } catch (error) {
    return `RRULE cannot be used: ${(error as Error).message}`
  }
}

function compileCron({ cron, timeZone }: { cron: string; timeZone: string }): Starts | string {
  if (!isTimeZone(timeZone)) return `${timeZone} is no time zone; use a name such as Europe/Berlin or UTC`
  try {
    const library = new Cron(cron, { timezone: 'UTC', mode: '5-part', paused: true })
    return onWallClock(timeZone, (fromWall, toWall) => {
      const walls: number[] = []
      let next = library.nextRun(new Date(fromWall - 1_000))
      while (next !== null && next.getTime() <= toWall) {
        walls.push(next.getTime())
        next = library.nextRun(next)
      }
      return walls
    })
  } catch (error) {
    return `cron cannot be used: ${(error as Error).message}; ${CRON_FORM}`
  }
}

function onWallClock(timeZone: string, walls: (fromWall: number, toWall: number) => number[]): Starts {
  return (from, to) => {
    const found = walls(wallOfInstant(from, timeZone) - ZONE_SLACK_MS, wallOfInstant(to, timeZone) + ZONE_SLACK_MS)
    const starts = found.map((wall) => instantOfWall(wall, timeZone)).filter((at) => at >= from && at <= to)
    return [...new Set(starts.map(Number))].sort((a, b) => a - b).map((ms) => new Date(ms))
  }
}

/** Keeps what was expanded: a tick asks once per SLO for its window, then for the moment, and pages ask for what is next. */
function remembering(starts: Starts): Starts {
  let known: { fromMs: number; toMs: number; starts: Date[] } | null = null
  return (from, to) => {
    const [fromMs, toMs] = [from.getTime(), to.getTime()]
    if (known === null || fromMs < known.fromMs || toMs > known.toMs) {
      const begin = Math.min(fromMs, Math.max(known?.fromMs ?? fromMs, fromMs - LOOKED_BACK_MS))
      const end = Math.max(toMs + AHEAD_MS, known?.toMs ?? 0)
      known = { fromMs: begin, toMs: end, starts: starts(new Date(begin), new Date(end)) }
    }
    const found = known.starts
    return found.slice(
      firstIndex(found, (ms) => ms >= fromMs),
      firstIndex(found, (ms) => ms > toMs),
    )
  }
}

/** The first of ascending dates for which a condition holds that goes on to hold. */
function firstIndex(dates: readonly Date[], holds: (ms: number) => boolean): number {
  let [low, high] = [0, dates.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(dates[middle]?.getTime() ?? 0)) high = middle
    else low = middle + 1
  }
  return low
}
