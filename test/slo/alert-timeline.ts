import { type AlertState, type Decision, decide } from '../../slo/alert.ts'
import { ALERT_POLICY } from '../../slo/alert-policy.ts'
import { type IncidentStream, type Intent, project } from '../../slo/alert-stream.ts'
import type { Subscriptions } from '../../slo/alert-subscriptions.ts'
import type { Counts, Severity, Slo, Tier } from '../../slo/model.ts'
import type { Reading } from '../../slo/reading.ts'

/** Minute 0 of every timeline. */
export const MINUTE_0 = Date.UTC(2026, 0, 1)

const HOUR = 60
const DAY = 24 * HOUR

/** The tiers of a 30-day SLO. Source: Google SRE Workbook, ch. 5. */
export const TIERS_30D: Tier[] = [
  { severity: 'page', longMinutes: HOUR, shortMinutes: 5, factor: 14.4 },
  { severity: 'page', longMinutes: 6 * HOUR, shortMinutes: 30, factor: 6 },
  { severity: 'ticket', longMinutes: DAY, shortMinutes: 2 * HOUR, factor: 3 },
  { severity: 'ticket', longMinutes: 3 * DAY, shortMinutes: 6 * HOUR, factor: 1 },
]

export function sloWith(changes: Partial<Slo> & { targetPpm?: number } = {}): Slo {
  const { targetPpm = 999_000, ...rest } = changes
  const everything = {
    source: 'calls' as const,
    attributes: {},
    fields: { service: { in: ['checkout'] }, dependency: { in: ['acme-pay'] }, env: { in: ['prod'] } },
    direction: 'outbound' as const,
    synthetic: false,
    outcome: { notIn: [] },
    latency: null,
  }
  return {
    name: 'A',
    displayName: 'A',
    description: '',
    service: 'checkout',
    labels: {},
    owner: 'payments',
    runbook: '',
    indicator: {
      source: 'calls',
      name: 'A',
      numerator: { counts: 'good', selection: { ...everything, outcome: { in: ['ok'] } } },
      total: everything,
    },
    generation: 'g1',
    objective: {
      targetPpm,
      budgetPpm: 1_000_000 - targetPpm,
      method: 'occurrences',
      window: { kind: 'rolling', minutes: 30 * DAY, duration: '30d' },
      slice: null,
      noData: 'gap',
    },
    tiers: TIERS_30D,
    guards: { minEvents: 100, minBadEvents: 5 },
    alerting: 'mwmb',
    policies: null,
    settleMinutes: 0,
    ...rest,
  }
}

/** Minutes `from` ≤ m < `to` with these counts each. */
export interface Stretch extends Counts {
  from: number
  to: number
}

export interface Timeline {
  slo: Slo
  history: Counts
  stretches: Stretch[]
  untilMinute: number
  endpoints: Record<string, Severity[]>
}

export interface Send extends Intent {
  incident: string
  atSecond: number
  /** Tiers that matched when this was decided. */
  matched: Decision['verdicts']
}

/** p takes pages, d tickets, c both. */
export const PAGER_DESK_CHAT: Subscriptions = { p: ['page'], d: ['ticket'], c: ['page', 'ticket'] }

/**
 * Plays a timeline through the real decisions and projection, one evaluation per `stepSeconds`; deliveries succeed at once.
 * State goes through JSON between evaluations, as it does through the store.
 */
export function play(timeline: Timeline, stepSeconds = 60): Send[] {
  const read = readerOf(timeline)
  const sends: Send[] = []
  let stored = JSON.stringify({ alert: null, stream: null })
  let risen: Decision['verdicts'] = []
  for (let second = 0; second <= timeline.untilMinute * 60; second += stepSeconds) {
    const now = new Date(MINUTE_0 + second * 1000)
    const { alert, stream } = JSON.parse(stored) as { alert: AlertState | null; stream: IncidentStream | null }
    const decision = decide(alert, read(second), now)
    const projected = project(stream, decision, timeline.endpoints, now, ALERT_POLICY)
    if (decision.transition) risen = decision.verdicts.filter(({ verdict }) => verdict === 'matched')
    const incident = stream?.incident ?? projected.stream?.incident ?? ''
    for (const intent of projected.intents) sends.push({ ...intent, incident, atSecond: second, matched: risen })
    stored = JSON.stringify({ alert: decision.next, stream: projected.stream })
  }
  return sends
}

/** Readings at s seconds after minute 0: calls spread evenly over their minute, windows end with the open minute. */
function readerOf({ slo, history, stretches, untilMinute }: Timeline): (second: number) => Reading {
  const first = -Math.max(...slo.tiers.map(({ longMinutes }) => longMinutes))
  const countsAt = (minute: number): Counts =>
    stretches.findLast(({ from, to }) => from <= minute && minute < to) ?? history
  const good = [0]
  const total = [0]
  for (let minute = first; minute <= untilMinute; minute++) {
    const counts = countsAt(minute)
    good.push((good.at(-1) ?? 0) + counts.good)
    total.push((total.at(-1) ?? 0) + counts.total)
  }
  const upTo = (sums: number[], minute: number) => sums[minute - first] ?? 0
  return (second) => {
    const open = Math.floor(second / 60)
    const partial = countsAt(open)
    const part = second % 60
    const end = part === 0 ? open : open + 1
    // A bad call counts once it is over: rounding down must not make a burn that is not there.
    const arrivedTotal = Math.floor((partial.total * part) / 60)
    const arrivedBad = Math.floor(((partial.total - partial.good) * part) / 60)
    const windowOf = (minutes: number) => {
      const counts = {
        good: upTo(good, open) - upTo(good, end - minutes) + arrivedTotal - arrivedBad,
        total: upTo(total, open) - upTo(total, end - minutes) + arrivedTotal,
      }
      return { coverage: 1, counts, units: counts }
    }
    const lengths = slo.tiers.flatMap(({ longMinutes, shortMinutes }) => [longMinutes, shortMinutes])
    return {
      slo,
      watermark: new Date(MINUTE_0 + second * 1000),
      lastEventAt: null,
      windows: new Map(lengths.map((minutes) => [minutes, windowOf(minutes)])),
      period: { ...windowOf(DAY * 3), from: new Date(0), to: new Date(0), raw: null, exclusions: [] },
      invalidMinute: null,
    }
  }
}
