import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonToProtobuf } from '../../collector/json/to-protobuf.ts'
import { asBody, metricsJson, spanJson, T0_NS, traceJson } from './builders.ts'
import { decodeMetricsJson, decodeTraces } from './decoded.ts'

/** What is stored of a span with these attributes, whatever they are, and what was noticed. */
function stored(attributes: unknown) {
  const body = asBody(traceJson([{ ...spanJson(), attributes }, spanJson({ attributes: { good: 'yes' } })]))
  const { message, notes } = jsonToProtobuf('traces', body)
  const [span, other] = decodeTraces(message).groups[0]!.scopes[0]!.items
  expect(other!.attributes).toEqual(new Map([['good', 'yes']]))
  const { retypedValues: retyped, lostAttributes: lost, firstKey } = notes
  return { attributes: Object.fromEntries(span!.attributes), retyped, lost, firstKey }
}

/** The same of JSON text, for numbers that JavaScript does not write. */
const valueOfText = (text: string) => {
  const body = JSON.stringify(traceJson([{ ...spanJson(), attributes: [{ key: 'k', value: '§' }] }]))
  const { message, notes } = jsonToProtobuf('traces', Buffer.from(body.replace('"§"', text)))
  const value = decodeTraces(message).groups[0]!.scopes[0]!.items[0]!.attributes.get('k')
  return { value, retyped: notes.retypedValues, lost: notes.lostAttributes }
}

describe('a value that does not fit its type costs the type, not the record', () => {
  test.each([
    ['an integer above int64', '{"intValue":18446744073709552000}', '18446744073709552000'],
    ['an integer above int64 as text', '{"intValue":"9223372036854775808"}', '9223372036854775808'],
    ['an integer below int64', '{"intValue":-9223372036854775809}', '-9223372036854775809'],
    ['a fraction as integer', '{"intValue":1.5}', '1.5'],
    ['a fraction as integer, as text', '{"intValue":"1.5"}', '1.5'],
    ['a huge exponent as integer', '{"intValue":1e300}', '1e+300'],
    ['a word as integer', '{"intValue":"five"}', 'five'],
    ['a boolean as integer', '{"intValue":true}', 'true'],
    ['an empty text as integer', '{"intValue":""}', ''],
    ['a word as double', '{"doubleValue":"1,5"}', '1,5'],
    ['a text as boolean', '{"boolValue":"true"}', 'true'],
    ['a number as boolean', '{"boolValue":1}', '1'],
    ['a number as string', '{"stringValue":5}', '5'],
    ['a boolean as string', '{"stringValue":false}', 'false'],
    ['what is no base64 as bytes', '{"bytesValue":"a b"}', 'a b'],
    ['a number as bytes', '{"bytesValue":5}', '5'],
    ['a text as array', '{"arrayValue":"x"}', 'x'],
    ['a bare text', '"plain"', 'plain'],
    ['a bare number', '17', '17'],
    ['one item of an array', '{"arrayValue":{"values":[{"intValue":"1"},{"intValue":0.5}]}}', '[1,"0.5"]'],
    ['one item of a list', '{"kvlistValue":{"values":[{"key":"a","value":{"boolValue":"no"}}]}}', '{"a":"no"}'],
  ])('%s: %s', (_, text, value) => {
    expect(valueOfText(text)).toEqual({ value, retyped: 1, lost: 0 })
  })
})

describe('what cannot be kept costs the value, not the record', () => {
  test.each([
    ['an object as string', '{"stringValue":{"a":1}}', ''],
    ['a list as integer', '{"intValue":[1]}', ''],
    ['bytes as JavaScript writes them', '{"bytesValue":{"0":1,"1":2}}', ''],
    ['a bare list', '["a"]', ''],
    ['an array without values', '{"arrayValue":["a"]}', ''],
    ['an array of no list', '{"arrayValue":{"values":5}}', '[]'],
  ])('%s: %s', (_, text, value) => {
    expect(valueOfText(text)).toEqual({ value, retyped: 0, lost: 1 })
  })
})

describe('what is right is no misfit', () => {
  test.each([
    ['{"intValue":"9223372036854775807"}', '9223372036854775807'],
    ['{"intValue":-9223372036854775808}', '-9223372036854775808'],
    ['{"intValue":1e3}', '1000'],
    ['{"intValue":"1e3"}', '1000'],
    ['{"doubleValue":"NaN"}', 'NaN'],
    ['{"doubleValue":"-Infinity"}', '-Infinity'],
    ['{"intValue":null}', ''],
    ['{"arrayValue":{"values":{}}}', '[]'],
    ['{"arrayValue":{}}', '[]'],
    ['{}', ''],
    ['null', ''],
  ])('%s', (text, value) => {
    expect(valueOfText(text)).toEqual({ value, retyped: 0, lost: 0 })
  })
})

describe('lists of attributes', () => {
  const GOOD = { key: 'kept', value: { stringValue: 'x' } }
  test.each<[string, unknown, object]>([
    ['an empty object, as PHP writes an empty list, loses nothing', {}, { attributes: {}, lost: 0, firstKey: '' }],
    ['a map loses its members', { a: 'b', c: 1 }, { attributes: {}, lost: 2, firstKey: 'attributes' }],
    ['a text is lost', 'a=b', { attributes: {}, lost: 1 }],
    ['an item that is no object is lost alone', [5, GOOD, 'x'], { attributes: { kept: 'x' }, lost: 2 }],
    [
      'an item whose key is an object is lost alone',
      [{ ...GOOD, key: {} }, GOOD],
      { attributes: { kept: 'x' }, lost: 1 },
    ],
    [
      'a key that is a number is its text',
      [{ ...GOOD, key: 5 }],
      { attributes: { 5: 'x' }, retyped: 1, firstKey: '5' },
    ],
    [
      'the first misfit is named by its attribute',
      [GOOD, { key: 'big', value: { intValue: 0.5 } }],
      { firstKey: 'big' },
    ],
    [
      'a misfit inside a value is named by the attribute too',
      [{ key: 'outer', value: { kvlistValue: { values: [{ key: 'inner', value: { intValue: 0.5 } }] } } }],
      { firstKey: 'outer', retyped: 1 },
    ],
  ])('%s', (_, attributes, expected) => {
    expect(stored(attributes)).toMatchObject(expected)
  })

  test('whatever stands in place of attributes, the other span is read', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (attributes) => void stored(attributes)))
  })

  test('whatever stands in place of a value, the attributes next to it are read', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.dictionary(
        fc.constantFrom(
          'stringValue',
          'boolValue',
          'intValue',
          'doubleValue',
          'arrayValue',
          'kvlistValue',
          'bytesValue',
        ),
        fc.jsonValue({ maxDepth: 4 }),
      ),
    )
    fc.assert(
      fc.property(value, (odd) => {
        expect(stored([{ key: 'odd', value: odd }, GOOD]).attributes).toMatchObject({ kept: 'x' })
      }),
    )
  })

  test.each(['resource', 'scope', 'event', 'link'])('attributes of a %s are read by the same rules', (place) => {
    const attributes = [{ key: 'n', value: { intValue: 0.5 } }]
    const span = { ...spanJson(), events: [{ name: 'e', ...(place === 'event' && { attributes }) }] }
    const links = [{ traceId: span.traceId, spanId: span.spanId, ...(place === 'link' && { attributes }) }]
    const scopeSpans = [{ ...(place === 'scope' && { scope: { attributes } }), spans: [{ ...span, links }] }]
    const body = { resourceSpans: [{ ...(place === 'resource' && { resource: { attributes } }), scopeSpans }] }
    const { message, notes } = jsonToProtobuf('traces', asBody(body))
    expect(decodeTraces(message).groups[0]!.scopes[0]!.items).toHaveLength(1)
    expect(notes).toMatchObject({ retypedValues: 1, firstKey: 'n' })
  })
})

describe('integers of points', () => {
  const pointOf = (point: object) =>
    decodeMetricsJson(
      asBody(metricsJson([{ name: 'm', gauge: { dataPoints: [{ timeUnixNano: String(T0_NS), ...point }] } }])),
    ).groups[0]!.scopes[0]!.items[0]!.data!.points[0]

  test.each([
    [5, 5],
    ['-5', -5],
    [1.5, 1.5],
    ['1.5', 1.5],
    [2 ** 64, 2 ** 64],
    ['NaN', Number.NaN],
  ])('asInt of %j is the value %d', (asInt, value) => {
    expect(pointOf({ asInt })).toMatchObject({ value })
    expect(pointOf({ asInt: 1, exemplars: [{ asInt }] })).toMatchObject({ exemplars: [{ value }] })
  })
})
