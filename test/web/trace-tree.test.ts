import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Trace } from '../../dashboards/web/api-shapes.ts'
import { epochMs, traceTree } from '../../dashboards/web/trace-tree.ts'
import { TRACE } from './answers.ts'

const span = (spanId: string, parentSpanId: string, at = '2026-03-01T00:00:00.000000000Z', durationMs = 1) => ({
  ...(TRACE.spans[0] as Trace['spans'][number]),
  spanId,
  parentSpanId,
  at,
  durationMs,
})
const shape = (spans: Trace['spans']) =>
  traceTree({ spans, calls: [] }).rows.map(({ span: { spanId }, depth }) => `${'>'.repeat(depth)}${spanId}`)

test('parents before children, siblings by start', () => {
  const early = '2026-03-01T00:00:00.000000001Z'
  const late = '2026-03-01T00:00:00.000000900Z'
  expect(shape([span('c', 'a', late), span('b', 'a', early), span('d', 'b'), span('a', '')])).toEqual([
    'a',
    '>b',
    '>>d',
    '>c',
  ])
})

test('a span whose parent is not in the trace stands at the root', () => {
  expect(shape([span('b', 'lost'), span('c', 'b')])).toEqual(['b', '>c'])
})

test('bars lie where the span was, to the nanosecond', () => {
  const { rows, durationMs } = traceTree({
    spans: [
      span('a', '', '2026-03-01T00:00:00.000000000Z', 0.001),
      span('b', 'a', '2026-03-01T00:00:00.000000250Z', 0.0005),
    ],
    calls: [],
  })
  expect(durationMs).toBeCloseTo(0.001, 3)
  expect(rows[1]?.start).toBeCloseTo(0.25, 0)
  expect(epochMs('2026-03-01T00:00:00.123456789Z') - epochMs('2026-03-01T00:00:00Z')).toBeCloseTo(123.456789, 3)
})

test('a call is found by the span it is', () => {
  const { rows } = traceTree(TRACE)
  expect(rows.find(({ call }) => call !== null)?.span.spanId).toBe('c3')
})

test('no spans, no rows', () => expect(traceTree({ spans: [], calls: [] })).toEqual({ rows: [], durationMs: 0 }))

test('whatever the parents say, every span shows exactly once', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const spans = fc.array(fc.tuple(fc.constantFrom(...ids, ''), fc.nat(900)), { minLength: 6, maxLength: 6 })
  fc.assert(
    fc.property(spans, (parents) => {
      const all = parents.map(([parent, ms], n) =>
        span(ids[n] as string, parent, `2026-03-01T00:00:00.${String(ms).padStart(3, '0')}Z`),
      )
      const { rows } = traceTree({ spans: all, calls: [] })
      expect(rows.map((row) => row.span.spanId).sort()).toEqual(ids)
      for (const { start, length } of rows) expect(start >= 0 && start + length <= 1 + 1e-9).toBe(true)
    }),
  )
})
