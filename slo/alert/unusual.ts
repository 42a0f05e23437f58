import type { Counts, Slo } from '../model.ts'
import { type Signal, sloSubject } from './signal.ts'

/** An hour of an SLO and the same hour of earlier weeks. */
export interface HourBesideItsLike {
  hour: Counts
  /** The same hour of the week, most recent first; weeks without events left out. */
  earlier: readonly Counts[]
}

/** Weeks that must be known before an hour can be called unusual. */
const MIN_WEEKS = 4

/** Bad events below which an hour is not worth a word. */
const MIN_BAD = 10

/** Makes the median absolute deviation an estimate of σ for normal noise. Source: Rousseeuw and Croux, 1993. */
const MAD_TO_SIGMA = 1.4826

const SIGMAS = 5
const HOUR_MS = 3_600_000

/**
 * An hour with many more failures than the same hour of the week used to have, however small a part of the budget they
 * are: worth a ticket, never a page. The median and its deviation, so that one bad week does not make the next one normal.
 */
export function unusualHour(slo: Slo, { hour, earlier }: HourBesideItsLike, hourEnd: Date): Signal | null {
  const ratios = earlier.filter(({ total }) => total > 0).map(badRatio)
  const bad = hour.total - hour.good
  if (ratios.length < MIN_WEEKS || hour.total < slo.guards.minEvents) return null
  const usual = median(ratios)
  const deviation = median(ratios.map((ratio) => Math.abs(ratio - usual)))
  const limit = Math.max(usual + SIGMAS * MAD_TO_SIGMA * deviation, 2 * usual)
  const ratio = badRatio(hour)
  return {
    subject: sloSubject(slo, 'SLOUnusual', 'unusual'),
    conditions: [
      { tier: '', severity: 'ticket', verdict: bad >= MIN_BAD && ratio > limit ? 'matched' : 'clear', reason: null },
    ],
    at: hourEnd.getTime(),
    keepFiringMs: { page: HOUR_MS, ticket: HOUR_MS },
    waits: true,
    summary: `${slo.name}: ${percent(ratio)} of the last hour failed, usually ${percent(usual)} at this hour of the week`,
    evidence: { kind: 'hour', endMs: hourEnd.getTime(), counts: hour, usualShare: usual, weeks: ratios.length },
  }
}

const badRatio = ({ good, total }: Counts): number => (total - good) / total

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

const percent = (ratio: number): string => `${Number((ratio * 100).toPrecision(2))} %`
