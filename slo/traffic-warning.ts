import { seenEvents } from './budget/sampling.ts'
import { windowLabel } from './budget/window.ts'
import type { Slo, Tier } from './model.ts'
import type { Reading, WindowReading } from './reading.ts'

/** What an author should know about the traffic that an SLO's guards ask for. */
export interface TrafficWarning {
  code: 'too_little_traffic'
  message: string
  hint: string
}

const HOUR = 60
const DAY = 1_440

/**
 * Guards that the traffic seen so far cannot meet, so that no burn-rate alert, or no page, can fire; null where they can be
 * met, and where nothing was seen yet. Traffic is that of the busiest window, so that a burst is no reason to warn.
 */
export function trafficWarning({ slo, windows, period }: Reading): TrafficWarning | null {
  const periodMinutes = (period.to.getTime() - period.from.getTime()) / 60_000
  const perMinute = Math.max(
    eventsIn(period) / periodMinutes,
    ...[...windows].filter(([minutes]) => minutes >= HOUR).map(([minutes, window]) => eventsIn(window) / minutes),
  )
  return perMinute > 0 ? trafficWarningAt(slo, perMinute) : null
}

/** The same with a known number of events a minute. */
export function trafficWarningAt({ tiers, guards, alerting }: Slo, perMinute: number): TrafficWarning | null {
  const needed = Math.max(guards.minEvents, guards.minBadEvents)
  const isMute = ({ longMinutes }: Tier) => perMinute * longMinutes < needed
  const pages = tiers.filter(({ severity }) => severity === 'page')
  const mute = tiers.every(isMute) ? tiers : pages.every(isMute) ? pages : []
  if (alerting === 'off' || mute.length === 0) return null
  const longest = Math.max(...mute.map(({ longMinutes }) => longMinutes))
  const what = mute.length === tiers.length ? 'no burn-rate alert' : 'no page'
  return {
    code: 'too_little_traffic',
    message: `with ${amount(perMinute * DAY)} events a day ${what} can fire: the longest window of ${windowLabel(longest)} holds ${amount(perMinute * longest)}, and alerts need ${needed}`,
    hint: `A ticket still says when all of the budget is spent. Lower plumbline.dev/min-events, take a longer alert window, or let one SLO cover several services`,
  }
}

const eventsIn = (window: WindowReading): number => {
  const { good, bad } = seenEvents(window)
  return good + bad
}

const amount = (events: number): string =>
  events < 10 ? String(Number(events.toPrecision(2))) : String(Math.round(events))
