import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadBody } from '../../collector/bad-body.ts'
import { asBody, metricsJson, SPAN_ID, spanJson, T0_NS, TRACE_ID, traceJson } from './builders.ts'
import { decodeMetricsJson, decodeTracesJson } from './decoded.ts'

/** The only span of a request whose span is this JSON object, or has these members in place of defaults. */
const spanOf = (members: object) =>
  decodeTracesJson(asBody(traceJson([{ ...spanJson(), ...members }]))).groups[0]!.scopes[0]!.items[0]!

/** A body with a span whose member `key` is this JSON text. */
const withText = (key: string, text: string) => {
  const body = JSON.stringify(traceJson([{ ...spanJson(), [key]: '§' }])).replace('"§"', text)
  return decodeTracesJson(Buffer.from(body)).groups[0]!.scopes[0]!.items[0]!
}
const attributeOf = (value: object) => spanOf({ attributes: [{ key: 'k', value }] }).attributes.get('k')
const metricOf = (metric: object) =>
  decodeMetricsJson(asBody(metricsJson([{ name: 'm', ...metric }]))).groups[0]!.scopes[0]!.items[0]!

describe('J1 keys', () => {
  const RICH = {
    parentSpanId: 'abcdef0123456789',
    traceState: 'a=b',
    attributes: { s: 'x', n: 5n, list: [1n, { a: null }], blob: Buffer.from([1]), yes: true, half: 0.5 },
    events: [{ name: 'exception', attributes: { 'exception.type': 'E_x' } }],
    links: [{ traceId: TRACE_ID, spanId: SPAN_ID, traceState: 'c=d', attributes: { x_y: 'z_z' } }],
    status: { code: 2, message: 'm_m' },
  }
  const snakeKeys = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(snakeKeys)
    if (typeof value !== 'object' || value === null) return value
    const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [snake(key), snakeKeys(member)]))
  }
  const HISTOGRAM = {
    name: 'h_h',
    histogram: {
      aggregationTemporality: 'AGGREGATION_TEMPORALITY_DELTA',
      dataPoints: [
        { startTimeUnixNano: '1', timeUnixNano: '2', count: '3', bucketCounts: ['1', '2'], explicitBounds: [0.5] },
      ],
    },
  }

  test('the names of the protobuf definition, in snake_case, are read as the camelCase of the specification', () => {
    const traces = traceJson([spanJson(RICH)])
    expect(decodeTracesJson(asBody(snakeKeys(traces) as object))).toEqual(decodeTracesJson(asBody(traces)))
    const metrics = metricsJson([HISTOGRAM])
    expect(decodeMetricsJson(asBody(snakeKeys(metrics) as object))).toEqual(decodeMetricsJson(asBody(metrics)))
  })

  test('scopes that are called instrumentation libraries, as before OTLP 0.15, are read', () => {
    const older = (json: object) =>
      Buffer.from(
        JSON.stringify(json)
          .replace('"scopeSpans"', '"instrumentationLibrarySpans"')
          .replace('"scopeMetrics"', '"instrumentationLibraryMetrics"')
          .replace('"scope"', '"instrumentationLibrary"'),
      )
    const traces = traceJson([spanJson(RICH)])
    expect(decodeTracesJson(older(traces))).toEqual(decodeTracesJson(asBody(traces)))
    expect(decodeTracesJson(older(snakeKeys(traces) as object)).groups).toHaveLength(1)
    const metrics = metricsJson([HISTOGRAM])
    expect(decodeMetricsJson(older(metrics))).toEqual(decodeMetricsJson(asBody(metrics)))
  })

  test.each([1, 'x', null, true, [1, [2]], { a: { b: 1 } }])(
    'an unknown key with value %j is ignored at every level',
    (value) => {
      const json = traceJson([{ ...spanJson(), unknown: value }])
      const body = {
        ...json,
        unknown: value,
        resourceSpans: json.resourceSpans.map((group) => ({ ...group, unknown: value })),
      }
      expect(decodeTracesJson(asBody(body))).toEqual(decodeTracesJson(asBody(traceJson([spanJson()]))))
    },
  )

  test('null is the default', () => {
    const nulls = Object.fromEntries(Object.keys(spanJson()).map((key) => [key, null]))
    expect(spanOf(nulls)).toEqual(spanOf(Object.fromEntries(Object.keys(nulls).map((key) => [key, undefined]))))
  })

  test('an unknown oneof member is an empty value', () => {
    expect(attributeOf({ futureValue: 5 })).toBe('')
  })
})

describe('J2 ids and bytes', () => {
  test('ids are hex in any case and stored in lower case', () => {
    const span = spanOf({
      traceId: TRACE_ID.toUpperCase(),
      spanId: SPAN_ID.toUpperCase(),
      parentSpanId: 'ABCDEF0123456789',
    })
    expect(span).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID, parentSpanId: 'abcdef0123456789' })
  })

  test.each([
    ['not hex', 'zz8efff798038103d269b633813fc60c'],
    ['base64', 'W47/95gDgQPSabYzgT/GDA=='],
    ['half a byte', 'abc'],
    ['a number', 5],
    ['an object', {}],
  ])('an id that is %s is refused', (_, traceId) => {
    expect(() => spanOf({ traceId })).toThrow(BadBody)
  })

  test.each([
    ['standard', '+/8='],
    ['URL alphabet', '-_8='],
    ['without padding', '+/8'],
  ])('base64 of bytes: %s', (_, text) => {
    expect(attributeOf({ bytesValue: text })).toBe('+/8=')
  })
})

describe('J3 64-bit integers', () => {
  test('as strings they are exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (time) => {
        expect(spanOf({ startTimeUnixNano: String(time) }).startNs).toBe(time)
      }),
    )
  })

  test('as numbers they are exact too', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (time) => {
        expect(withText('startTimeUnixNano', ` ${time}`).startNs).toBe(time)
      }),
    )
  })

  test('a long number inside a string changes nothing', () => {
    expect(withText('name', '"x: 12345678901234567890, 12345678901234567890"').name).toBe(
      'x: 12345678901234567890, 12345678901234567890',
    )
  })

  test.each([
    '1.5',
    '"1.5"',
    '-1',
    '"-1"',
    '"five"',
    '""',
    'true',
    '[]',
    '18446744073709551616',
    '"18446744073709551616"',
    '"0x10"',
    '" 1"',
  ])('a start time of %s is refused', (text) => {
    expect(() => withText('startTimeUnixNano', text)).toThrow(BadBody)
  })

  test.each([
    ['1e3', 1000n],
    ['2.0', 2n],
    ['"1e3"', 1000n],
    ['"2.0"', 2n],
    ['1.7672256e18', T0_NS],
  ])('a whole number in another notation, %s, is an integer', (text, value) => {
    expect(withText('startTimeUnixNano', text).startNs).toBe(value)
  })

  test.each(['-1', '4294967296', '0.5'])('a uint32 of %s is refused', (text) => {
    expect(() => withText('droppedAttributesCount', text)).toThrow(BadBody)
  })
})

describe('J4 enums', () => {
  test.each([
    [3, 3],
    ['SPAN_KIND_CLIENT', 3],
    [77, 77],
    [null, 0],
  ])('kind %j is %i', (kind, number) => {
    expect(spanOf({ kind }).kind).toBe(number)
  })

  test.each(['CLIENT', 'span_kind_client', 1.5, true])('kind %j is refused', (kind) => {
    expect(() => spanOf({ kind })).toThrow(BadBody)
  })

  test('status code and temporality by name', () => {
    expect(spanOf({ status: { code: 'STATUS_CODE_ERROR' } }).statusCode).toBe(2)
    const metric = metricOf({ sum: { aggregationTemporality: 'AGGREGATION_TEMPORALITY_DELTA' } })
    expect(metric.data).toMatchObject({ temporality: 1, monotonic: false })
  })
})

describe('J5 doubles, booleans, documents', () => {
  const gauge = (asDouble: unknown) => metricOf({ gauge: { dataPoints: [{ asDouble }] } }).data!.points[0]
  test.each([
    [1.5, 1.5],
    ['1.5', 1.5],
    ['-2e-3', -0.002],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['-0', -0],
    [2 ** 63, 2 ** 63],
  ])('a double of %j', (given, value) => {
    expect(gauge(given)).toMatchObject({ value })
  })

  test.each(['nan', 'inf', '', '0x1', '1.', ' 1', true, []])('a double of %j is refused', (given) => {
    expect(() => gauge(given)).toThrow(BadBody)
  })

  test.each(['true', 1, 0, 'yes'])('a boolean of %j is refused', (isMonotonic) => {
    expect(() => metricOf({ sum: { isMonotonic } })).toThrow(BadBody)
  })

  test.each([
    '',
    '[]',
    '"x"',
    '5',
    'null',
    '{',
    '{}}',
    '{} x',
    '{"resourceSpans":[]}trailing',
    "{'resourceSpans':[]}",
    'NaN',
    '{"a":01}',
  ])('the document %s is refused', (text) => {
    expect(() => decodeTracesJson(Buffer.from(text))).toThrow(BadBody)
  })

  test.each([
    ['resourceSpans', { resourceSpans: {} }],
    ['resourceSpans', { resourceSpans: [5] }],
    ['scopeSpans', { resourceSpans: [{ scopeSpans: 'x' }] }],
    ['name', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 5 }] }] }] }],
  ])('%s of a wrong type is refused and named', (field, body) => {
    expect(() => decodeTracesJson(asBody(body))).toThrow(expect.objectContaining({ name: 'BadBody', field }))
  })

  test('a document nested 100,000 deep is refused or ignored, whatever the number form asks for', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(decodeTracesJson(Buffer.from(`{"unknown":${deep}}`)).groups).toEqual([])
    expect(() => decodeTracesJson(Buffer.from(`{"unknown":${deep},"n":12345678901234567890}`))).toThrow(BadBody)
  })

  test('values nested too deeply are refused', () => {
    const nested = (levels: number): object =>
      levels === 0 ? { stringValue: 'x' } : { arrayValue: { values: [nested(levels - 1)] } }
    expect(attributeOf(nested(20))).toBe(`${'['.repeat(20)}"x"${']'.repeat(20)}`)
    expect(() => attributeOf(nested(60))).toThrow(/nested/)
  })
})

describe('byte order marks', () => {
  const body = asBody(traceJson([spanJson({ name: 'grüße' })])).toString()
  const UTF16 = Buffer.from(`\ufeff${body}`, 'utf16le')
  test.each([
    ['UTF-8', Buffer.from(`\ufeff${body}`)],
    ['UTF-16, little endian', UTF16],
    ['UTF-16, big endian', Buffer.from(UTF16).swap16()],
  ])('a body that begins with one of %s is read', (_, marked) => {
    expect(decodeTracesJson(marked)).toEqual(decodeTracesJson(Buffer.from(body)))
  })

  test('only one is skipped', () => {
    expect(() => decodeTracesJson(Buffer.from('\ufeff\ufeff{}'))).toThrow(BadBody)
  })
})

test('a logs request in JSON is an empty traces request', () => {
  const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: String(T0_NS) }] }] }] }
  expect(decodeTracesJson(asBody(logs)).groups).toEqual([])
})
