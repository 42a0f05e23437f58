import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadBody } from '../../collector/bad-body.ts'
import type { HistogramPoint } from '../../collector/telemetry.ts'
import { anyValue, SPAN_ID, spanBytes, T0_NS, TRACE_ID, traceBody, traceEnvelope } from './builders.ts'
import { decodeMetrics, decodeTraces, type Span } from './decoded.ts'
import {
  double,
  doubleBytes,
  fixed32,
  fixed64,
  fixed64Bytes,
  len,
  type Part,
  tag,
  varint,
  vint,
  zigzag,
} from './wire.ts'

const spansOf = (body: Buffer): Span[] =>
  decodeTraces(body).groups.flatMap(({ scopes }) => scopes.flatMap(({ items }) => items))

/** The only span of a request whose span is `bytes`. */
const spanOf = (...bytes: Part[]): Span => spansOf(traceEnvelope([Buffer.concat(bytes)]))[0]!

const pointOf = (...metric: Part[]) => {
  const body = len(1, len(2, len(2, len(1, 'm'), ...metric)))
  return decodeMetrics(body).groups[0]!.scopes[0]!.items[0]!.data!
}

/** Text of an attribute whose AnyValue has these bytes. */
const textOfValue = (...value: Part[]) => spanOf(len(9, len(1, 'k'), len(2, ...value))).attributes.get('k')

describe('B1 malformed bodies are refused', () => {
  test.each<[string, number[]]>([
    ['a tag without a value', [0x0a]],
    ['a truncated varint', [0x08, 0x80]],
    ['a truncated tag', [0x80]],
    ['a truncated fixed64', [0x09, 1, 2, 3]],
    ['a truncated fixed32', [0x0d, 1, 2]],
    ['a length past the end', [0x0a, 0x05, 0x01]],
    ['a length of almost 2^64', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a varint of 11 bytes', [0x08, ...Array(10).fill(0x80), 0x01]],
    ['a length of 11 bytes', [0x0a, ...Array(10).fill(0x80), 0x01]],
    ['a tag of more than 32 bits', [0x88, 0x80, 0x80, 0x80, 0x80, 0x01, 0x00]],
    ['field number 0', [0x00, 0x01]],
    ['field number 0 with a length', [0x02, 0x00]],
    ['wire type 6', [0x0e, 0x01]],
    ['wire type 7', [0x0f, 0x01]],
    ['a group that ends without a beginning', [0x0c]],
    ['a group that is never closed', [0x0b, 0x08, 0x01]],
    ['a group closed under another number', [0x0b, 0x14]],
    ['an unknown field cut off', [0x7a, 0x05, 0x00]],
  ])('%s', (_, bytes) => {
    expect(() => decodeTraces(Buffer.from(bytes))).toThrow(BadBody)
    expect(() => decodeMetrics(Buffer.from(bytes))).toThrow(BadBody)
  })

  test('a nested length past its parent, though inside the body', () => {
    const inner = Buffer.concat([tag(2, 2), varint(50)])
    expect(() => decodeTraces(Buffer.concat([len(1, inner), len(1, Buffer.alloc(60))]))).toThrow(BadBody)
  })

  test('a packed list whose length is no multiple of its items', () => {
    expect(() => pointOf(len(9, len(1, len(6, Buffer.alloc(12)))))).toThrow(BadBody)
  })

  test('every proper prefix that cuts a field is refused or decodes to fewer spans, never crashes', () => {
    const body = traceBody([{ attributes: { a: [1n, { b: null }] }, events: [{}] }, {}])
    for (let end = 0; end < body.length; end++) {
      try {
        expect(spansOf(body.subarray(0, end)).length).toBe(0)
      } catch (error) {
        expect(error).toBeInstanceOf(BadBody)
      }
    }
  })
})

describe('B1 unknown fields are skipped', () => {
  const group = (field: number, ...body: Part[]) => Buffer.concat([tag(field, 3), ...body, tag(field, 4)])
  test.each<[string, Part]>([
    ['varint', vint(1000, 2n ** 64n - 1n)],
    ['fixed64', fixed64(1000, 7)],
    ['fixed32', fixed32(1000, 7)],
    ['length-delimited', len(1000, 'anything')],
    ['group', group(1000, vint(1, 5), len(2, 'x'), group(3, fixed64(4, 1)))],
    ['empty group', group(1000)],
    ['field number of 29 bits', vint(2 ** 29 - 1, 1)],
  ])('%s, at every level', (_, unknown) => {
    const span = Buffer.concat([unknown, spanBytes(), unknown])
    const body = Buffer.concat([unknown, len(1, unknown, len(2, unknown, len(2, span), unknown), unknown), unknown])
    expect(spansOf(body)).toEqual(spansOf(traceBody([{}])))
  })
})

describe('B2 a known field with another wire type is skipped', () => {
  test.each<[string, Part]>([
    ['trace_id as fixed64', fixed64(1, 5)],
    ['span_id as varint', vint(2, 5)],
    ['name as fixed32', fixed32(5, 5)],
    ['kind as string', len(6, 'client')],
    ['start time as varint', vint(7, 5)],
    ['attributes as varint', vint(9, 5)],
    ['status as fixed64', fixed64(15, 5)],
  ])('%s', (_, field) => {
    expect(spanOf(spanBytes(), field)).toEqual(spanOf(spanBytes()))
  })

  test('packed and unpacked lists are both accepted', () => {
    const histogram = (...counts: Part[]) => pointOf(len(9, len(1, ...counts))).points[0] as HistogramPoint
    const unpacked = histogram(fixed64(6, 1), fixed64(6, 2), double(7, 0.5))
    const packed = histogram(len(6, fixed64Bytes(1), fixed64Bytes(2)), len(7, doubleBytes(0.5)))
    expect(packed).toEqual(unpacked)
    expect(packed).toMatchObject({ bucketCounts: [1n, 2n], bounds: [0.5] })
  })

  test('bucket counts of exponential histograms are varints, packed and unpacked', () => {
    const buckets = (...counts: Part[]) => pointOf(len(10, len(1, len(8, zigzag(1, -3), ...counts)))).points[0]
    const expected = { positive: { offset: -3, counts: [300n, 2n ** 64n - 1n] } }
    expect(buckets(vint(2, 300), vint(2, 2n ** 64n - 1n))).toMatchObject(expected)
    expect(buckets(len(2, varint(300), varint(2n ** 64n - 1n)))).toMatchObject(expected)
  })
})

describe('B3 messages concatenate and merge', () => {
  test('two bodies back to back are one request', () => {
    const [a, b] = [traceBody([{ name: 'a' }]), traceBody([{ name: 'b' }])]
    expect(spansOf(Buffer.concat([a, b])).map(({ name }) => name)).toEqual(['a', 'b'])
  })

  test('a repeated singular message merges, a repeated scalar is replaced', () => {
    const twice = len(
      1,
      len(1, len(1, len(1, 'a'), len(2, anyValue('1')))),
      len(1, len(1, len(1, 'b'), len(2, anyValue('2')))),
    )
    expect(decodeTraces(twice).groups[0]!.resource.attributes).toEqual(new Map(Object.entries({ a: '1', b: '2' })))
    const span = spanOf(spanBytes(), len(15, len(2, 'kept')), len(15, vint(3, 2)), len(5, 'last name'))
    expect(span).toMatchObject({ statusMessage: 'kept', statusCode: 2, name: 'last name' })
  })

  test('an attribute value that comes twice merges arrays and replaces scalars', () => {
    expect(textOfValue(len(5, len(1, anyValue(1n))), len(5, len(1, anyValue(2n))))).toBe('[1,2]')
    expect(textOfValue(len(6, len(1, len(1, 'a'))), len(6, len(1, len(1, 'b'))))).toBe('{"a":null,"b":null}')
    expect(textOfValue(len(1, 'old'), vint(3, 5))).toBe('5')
  })

  test('of two kinds of data in one metric the last wins, of one kind twice both count', () => {
    const point = (value: number) => len(1, double(4, value))
    expect(pointOf(len(5, point(1)), len(7, point(2)))).toMatchObject({ kind: 'sum', points: [{ value: 2 }] })
    expect(pointOf(len(5, point(1)), len(5, point(2)))).toMatchObject({ points: [{ value: 1 }, { value: 2 }] })
  })

  test('parts may come in any order: the resource after its spans', () => {
    const span = spanBytes()
    const late = len(1, len(2, len(2, span), len(1, len(1, 'lib'))), len(1, len(1, len(1, 'k'), len(2, anyValue('v')))))
    const [group] = decodeTraces(late).groups
    expect(group!.resource.attributes.get('k')).toBe('v')
    expect(group!.scopes[0]!.scope.name).toBe('lib')
  })
})

describe('B4 defaults, presence and masks', () => {
  test('missing fields are the defaults', () => {
    expect(spanOf()).toEqual({
      traceId: '',
      spanId: '',
      parentSpanId: '',
      traceState: '',
      name: '',
      kind: 0,
      startNs: 0n,
      endNs: 0n,
      attributes: new Map(),
      events: [],
      links: [],
      statusCode: 0,
      statusMessage: '',
    })
  })

  test('flags with bits beyond those defined do not disturb', () => {
    expect(spanOf(spanBytes(), fixed32(16, 0xffffffff))).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID })
  })

  test('sum 0 differs from no sum', () => {
    const histogram = (...fields: Part[]) => pointOf(len(9, len(1, fixed64(3, 1), ...fields))).points[0]
    expect(histogram()).toMatchObject({ sum: null, min: null, max: null })
    expect(histogram(double(5, 0), double(11, 0), double(12, 0))).toMatchObject({ sum: 0, min: 0, max: 0 })
  })

  test('a number point with value 0 differs from one without value', () => {
    expect(pointOf(len(5, len(1, fixed64(3, 1)))).points[0]).toMatchObject({ value: null })
    expect(pointOf(len(5, len(1, double(4, 0)))).points[0]).toMatchObject({ value: 0 })
    expect(pointOf(len(5, len(1, fixed64(6, -5n)))).points[0]).toMatchObject({ value: -5 })
  })

  test('negative enums and unknown enum numbers are kept', () => {
    expect(spanOf(vint(6, -1n)).kind).toBe(-1)
    expect(spanOf(vint(6, 99)).kind).toBe(99)
  })

  test('scale and offset are zigzag', () => {
    const point = pointOf(
      len(10, len(1, zigzag(6, -10), len(8, zigzag(1, 2 ** 31 - 1)), len(9, zigzag(1, -(2 ** 31))))),
    )
    expect(point.points[0]).toMatchObject({
      scale: -10,
      positive: { offset: 2 ** 31 - 1 },
      negative: { offset: -(2 ** 31) },
    })
  })
})

describe('B5 text', () => {
  test('invalid UTF-8 becomes U+FFFD and the span is kept', () => {
    const span = spanOf(
      len(5, Buffer.from([0x61, 0xff, 0x62])),
      len(9, len(1, Buffer.from([0xc3])), len(2, len(1, Buffer.from([0xe2, 0x82])))),
    )
    expect(span.name).toBe('a\ufffdb')
    expect([...span.attributes]).toEqual([['\ufffd', '\ufffd']])
  })

  test('a zero byte inside a string is kept', () => {
    expect(spanOf(len(5, 'a\0b')).name).toBe('a\0b')
  })
})

describe('depth', () => {
  const nested = (levels: number): Part => (levels === 0 ? len(1, 'x') : len(5, len(1, nested(levels - 1))))

  test('at least 20 levels of arrays are accepted', () => {
    expect(textOfValue(nested(20))).toBe(`${'['.repeat(20)}"x"${']'.repeat(20)}`)
  })

  test('more than 100 nested messages are refused', () => {
    expect(() => textOfValue(nested(60))).toThrow(/more than 100 nested messages/)
  })

  test('deeply nested unknown groups are refused before the stack ends', () => {
    const groups = Buffer.concat([Buffer.alloc(50_000, 0x0b), Buffer.alloc(50_000, 0x0c)])
    expect(() => decodeTraces(groups)).toThrow(/more than 100 nested messages/)
  })
})

test('times beyond 2^53 and up to 2^64 are exact', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (time) => {
      expect(spanOf(fixed64(7, time)).startNs).toBe(time)
    }),
  )
})

test('int64 attributes keep every digit', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(textOfValue(anyValue(value))).toBe(String(value))
    }),
  )
})

test('T0 is the start of the built spans', () => {
  expect(spansOf(traceBody([{}]))[0]).toMatchObject({ startNs: T0_NS, traceId: TRACE_ID })
})
