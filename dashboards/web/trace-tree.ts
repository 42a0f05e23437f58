import type { Trace } from './api-shapes.ts'

type Span = Trace['spans'][number]
type Call = Trace['calls'][number]

/** One bar of the waterfall. `start` and `length` are shares of the whole trace, 0…1. */
export interface TraceRow {
  span: Span
  /** The integration call this span is, if it is one. */
  call: Call | null
  depth: number
  start: number
  length: number
}

export interface TraceTree {
  rows: TraceRow[]
  /** Of the whole trace, first start to last end. */
  durationMs: number
}

/** Spans as a waterfall: parents before children, siblings by start; a span whose parent is missing stands at the root. */
export function traceTree({ spans, calls }: Pick<Trace, 'spans' | 'calls'>): TraceTree {
  if (spans.length === 0) return { rows: [], durationMs: 0 }
  const starts = new Map(spans.map((span) => [span, epochMs(span.at)]))
  const startOf = (span: Span) => starts.get(span) ?? 0
  const begin = Math.min(...spans.map(startOf))
  const durationMs = Math.max(...spans.map((span) => startOf(span) + span.durationMs)) - begin
  const known = new Set(spans.map((span) => span.spanId))
  const children = Map.groupBy(
    spans.toSorted((a, b) => startOf(a) - startOf(b)),
    (span) => (known.has(span.parentSpanId) && span.parentSpanId !== span.spanId ? span.parentSpanId : ''),
  )
  const callOf = new Map(calls.map((call) => [call.spanId, call]))
  const rows: TraceRow[] = []
  const seen = new Set<Span>()
  const visit = (span: Span, depth: number) => {
    if (seen.has(span)) return
    seen.add(span)
    rows.push({
      span,
      call: callOf.get(span.spanId) ?? null,
      depth,
      start: durationMs === 0 ? 0 : (startOf(span) - begin) / durationMs,
      length: durationMs === 0 ? 1 : span.durationMs / durationMs,
    })
    for (const child of children.get(span.spanId) ?? []) visit(child, depth + 1)
  }
  for (const root of children.get('') ?? []) visit(root, 0)
  // Parents that name each other in a circle have no root: shown last instead of lost.
  for (const span of spans) visit(span, 0)
  return { rows, durationMs }
}

/** RFC 3339 with up to nine fraction digits → ms with a fraction; Date alone would cut it to whole ms. */
export function epochMs(at: string): number {
  const fraction = /\.(\d+)/.exec(at)?.[1] ?? ''
  return Date.parse(at.replace(/\.\d+/, '')) + Number(`0.${fraction || 0}`) * 1000
}
