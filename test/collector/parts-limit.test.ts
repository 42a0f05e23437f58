import { expect, test } from 'vitest'
import { BodyTooLarge, MAX_PARTS } from '../../collector/bad-body.ts'
import { decodeMetrics, decodeTraces, decodeTracesJson } from './decoded.ts'
import { len } from './wire.ts'

/** So many empty messages under one field number: two bytes each. */
const empty = (field: number, count: number) => Buffer.alloc(2 * count, Buffer.from([(field << 3) | 2, 0]))

/** Reads everything, as writing rows does. */
function readAll({ groups }: { groups: { scopes: { items: Iterable<unknown> }[] }[] }): number {
  let items = 0
  for (const { scopes } of groups) for (const { items: some } of scopes) for (const _ of some) items++
  return items
}

const spanWith = (part: Buffer) => len(1, len(2, len(2, part)))

test.each([
  ['resources', (count: number) => empty(1, count)],
  ['scopes', (count: number) => len(1, empty(2, count - 1))],
  ['events of a span', (count: number) => spanWith(empty(11, count))],
  ['links of a span', (count: number) => spanWith(empty(13, count))],
])('%s, as many as a request may have, are read; one more is too large', (_, bodyOf) => {
  expect(() => readAll(decodeTraces(bodyOf(MAX_PARTS)))).not.toThrow()
  expect(() => readAll(decodeTraces(bodyOf(MAX_PARTS + 1)))).toThrow(BodyTooLarge)
})

test('points of a metric, as many as a record may have, are read; more are too large', () => {
  const gauge = (count: number) => spanWith(len(5, empty(1, count)))
  expect(() => readAll(decodeMetrics(gauge(MAX_PARTS)))).not.toThrow()
  expect(() => readAll(decodeMetrics(gauge(MAX_PARTS + 1)))).toThrow(BodyTooLarge)
})

test('spans are counted one by one, not together', () => {
  const span = len(2, empty(11, 2))
  const body = len(1, len(2, ...Array.from({ length: MAX_PARTS }, () => span)))
  expect(readAll(decodeTraces(body))).toBe(MAX_PARTS)
})

test('resources, scopes and spans as JSON have one limit together', () => {
  const body = (count: number) =>
    Buffer.from(JSON.stringify({ resourceSpans: Array.from({ length: count }, () => ({})) }))
  expect(decodeTracesJson(body(MAX_PARTS)).groups).toHaveLength(MAX_PARTS)
  expect(() => decodeTracesJson(body(MAX_PARTS + 1))).toThrow(BodyTooLarge)
})

test('events of a span as JSON have the same limit', () => {
  const body = (count: number) => {
    const events = Array.from({ length: count }, () => ({}))
    return Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ events }] }] }] }))
  }
  expect(readAll(decodeTracesJson(body(MAX_PARTS)))).toBe(1)
  expect(() => readAll(decodeTracesJson(body(MAX_PARTS + 1)))).toThrow(BodyTooLarge)
})

test('JSON of half a million empty objects is refused before it is parsed', () => {
  expect(() => decodeTracesJson(Buffer.from(`{"unknown":[${'{},'.repeat(500_000)}{}]}`))).toThrow(BodyTooLarge)
})
