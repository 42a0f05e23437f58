import { durationMs } from './format.ts'

/** What the address says about time: `from` and `to` as RFC 3339, `now` or `now-6h`; nothing means the SLO's window. */
export interface AskedRange {
  from: number
  to: number
}

/** `now`, `now-6h` or RFC 3339 → ms; null for anything else. */
export function parseMoment(text: string, now: number): number | null {
  if (text === 'now') return now
  if (text.startsWith('now-')) {
    const ago = durationMs(text.slice('now-'.length))
    return ago === null ? null : now - ago
  }
  const moment = Date.parse(text)
  return Number.isNaN(moment) ? null : moment
}

/** The asked range when both ends can be read and are in order, else null. */
export function askedRange(query: URLSearchParams, now: number): AskedRange | null {
  const from = parseMoment(query.get('from') ?? '', now)
  const to = parseMoment(query.get('to') ?? 'now', now)
  return from !== null && to !== null && from < to ? { from, to } : null
}
