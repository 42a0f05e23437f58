import { callTotalsOf, environmentOf } from '../indicator.ts'
import type { Slo } from '../model.ts'
import { type Recurrence, startsBetween } from './recurrence.ts'

/** What a window is about. An empty list does not narrow; several lists must all hold. */
export interface MaintenanceScope {
  services: readonly string[]
  slos: readonly string[]
  dependencies: readonly string[]
  environments: readonly string[]
}

export interface OneOff {
  from: Date
  to: Date
}

/** Planned work: who is told and, by explicit choice, what counts against the budget while it lasts. */
export interface MaintenanceWindow {
  id: string
  scope: MaintenanceScope
  schedule: OneOff | Recurrence
  /** Alerts in scope are not told while it lasts. */
  suppress: boolean
  /** Minutes in it count neither good nor bad. */
  excludeFromBudget: boolean
  reason: string
  createdBy: string
  createdAt: Date
  /** When somebody ended it: nothing of it takes place afterwards. */
  endedAt: Date | null
  /** When somebody must look at it again: wanted from what goes on for more than 90 days. */
  reviewAt: Date | null
}

/** What overlays apply to. */
export interface Subject {
  slo: string
  service: string
  /** '' when there is none, or several. */
  dependency: string
  /** '' when open. */
  env: string
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** How far back an exclusion may be made afterwards. */
export const EXCLUDE_BACK_DAYS = 7

/** An SLO as overlays see it: its dependency is the only one its calls are selected from. */
export function subjectOf(slo: Pick<Slo, 'name' | 'service' | 'labels' | 'indicator'>): Subject {
  const selected = callTotalsOf(slo.indicator).flatMap(({ fields: { dependency } }) =>
    dependency && 'in' in dependency ? dependency.in : [],
  )
  const [only = '', ...others] = new Set(selected)
  return {
    slo: slo.name,
    service: slo.service,
    dependency: others.length === 0 ? only : '',
    env: environmentOf(slo),
  }
}

export const isInScope = (scope: MaintenanceScope, subject: Subject): boolean =>
  admits(scope.services, subject.service) &&
  admits(scope.slos, subject.slo) &&
  admits(scope.dependencies, subject.dependency) &&
  admits(scope.environments, subject.env)

const admits = (names: readonly string[], name: string) => names.length === 0 || names.includes(name)

/** When a window takes place within a span: whole occurrences that touch it, ascending, cut where somebody ended it. */
export function occurrencesOf(
  { schedule, endedAt }: Pick<MaintenanceWindow, 'schedule' | 'endedAt'>,
  span: OneOff,
): OneOff[] {
  const [fromMs, toMs] = [span.from.getTime(), span.to.getTime()]
  const endedMs = endedAt?.getTime() ?? Number.POSITIVE_INFINITY
  return planned(schedule, span).flatMap((occurrence) => {
    const [startMs, endMs] = [occurrence.from.getTime(), Math.min(occurrence.to.getTime(), endedMs)]
    if (startMs >= toMs || startMs >= endedMs || endMs <= fromMs) return []
    return endMs === endedMs ? [{ from: occurrence.from, to: new Date(endMs) }] : [occurrence]
  })
}

function planned(schedule: OneOff | Recurrence, span: OneOff): OneOff[] {
  if ('from' in schedule) return [schedule]
  const lengthMs = schedule.durationMinutes * MINUTE_MS
  return startsBetween(schedule, new Date(span.from.getTime() - lengthMs), span.to).map((from) => ({
    from,
    to: new Date(from.getTime() + lengthMs),
  }))
}

/** Whoever plans work knows what comes within a year. */
const HORIZON_DAYS = 366

/** What goes on at an instant and what comes next within a year, `count` at most; far ones are only looked for when they are needed. */
export function nextOccurrences(
  window: Pick<MaintenanceWindow, 'schedule' | 'endedAt'>,
  from: Date,
  count: number,
): OneOff[] {
  for (let days = 8; ; days *= 4) {
    const to = new Date(from.getTime() + Math.min(days, HORIZON_DAYS) * DAY_MS)
    const found = occurrencesOf(window, { from, to })
    if (found.length >= count || days >= HORIZON_DAYS) return found.slice(0, count)
  }
}

/** The window that keeps a subject's alerts from being told at an instant, if any. */
export function inMaintenance(
  windows: readonly MaintenanceWindow[],
  subject: Subject,
  at: Date,
): MaintenanceWindow | null {
  const moment = { from: at, to: new Date(at.getTime() + 1) }
  const holds = (window: MaintenanceWindow) =>
    window.suppress && isInScope(window.scope, subject) && occurrencesOf(window, moment).length > 0
  return windows.find(holds) ?? null
}

/** Dependencies that are as a whole in maintenance at an instant: a window names them, and no service or SLO beside them. */
export const dependenciesInMaintenance = (windows: readonly MaintenanceWindow[], at: Date): Set<string> =>
  new Set(
    windows
      .filter(({ scope }) => scope.services.length === 0 && scope.slos.length === 0 && scope.dependencies.length > 0)
      .filter((window) => occurrencesOf(window, { from: at, to: new Date(at.getTime() + 1) }).length > 0)
      .flatMap(({ scope }) => scope.dependencies),
  )

/** A stretch of time that counts for no budget: why, and who decided so. */
export interface Exclusion extends OneOff {
  reason: string
  by: string
  /** When the last of its windows was made. */
  madeAt?: Date
}

/**
 * What is left out of a subject's budget within a span: occurrences cut to it, ascending; those that touch or overlap are
 * one, with every reason and author. Nothing that was over `EXCLUDE_BACK_DAYS` before its window was made is left out.
 */
export function exclusionsOf(windows: readonly MaintenanceWindow[], subject: Subject, span: OneOff): Exclusion[] {
  const [fromMs, toMs] = [span.from.getTime(), span.to.getTime()]
  const found = windows
    .filter((window) => window.excludeFromBudget && isInScope(window.scope, subject))
    .flatMap((window) => {
      const earliestMs = Math.max(fromMs, window.createdAt.getTime() - EXCLUDE_BACK_DAYS * DAY_MS)
      return occurrencesOf(window, span).flatMap(({ from, to }) => {
        const startMs = Math.max(from.getTime(), earliestMs)
        const endMs = Math.min(to.getTime(), toMs)
        const madeMs = window.createdAt.getTime()
        return startMs < endMs ? [{ startMs, endMs, madeMs, reason: window.reason, by: window.createdBy }] : []
      })
    })
    .sort((a, b) => a.startMs - b.startMs)
  return merged(found)
}

interface Span {
  startMs: number
  endMs: number
  madeMs: number
  reason: string
  by: string
}

function merged(sorted: readonly Span[]): Exclusion[] {
  const result: (Omit<Span, 'reason' | 'by'> & { reasons: Set<string>; authors: Set<string> })[] = []
  for (const { startMs, endMs, madeMs, reason, by } of sorted) {
    const last = result.at(-1)
    if (!last || startMs > last.endMs) {
      result.push({ startMs, endMs, madeMs, reasons: new Set([reason]), authors: new Set([by]) })
      continue
    }
    last.endMs = Math.max(last.endMs, endMs)
    last.madeMs = Math.max(last.madeMs, madeMs)
    last.reasons.add(reason)
    last.authors.add(by)
  }
  return result.map(({ startMs, endMs, madeMs, reasons, authors }) => ({
    from: new Date(startMs),
    to: new Date(endMs),
    reason: [...reasons].join('; '),
    by: [...authors].join(', '),
    madeAt: new Date(madeMs),
  }))
}
