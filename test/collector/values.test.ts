import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyValue, asBody, spanJson, traceBody, traceEnvelope, traceJson, type Value } from './builders.ts'
import { decodeTraces, decodeTracesJson } from './decoded.ts'
import { len, vint } from './wire.ts'

const fromProtobuf = (value: Value) =>
  decodeTraces(traceBody([{ attributes: { k: value } }])).groups[0]!.scopes[0]!.items[0]!.attributes.get('k')
const fromJson = (value: Value) =>
  decodeTracesJson(
    asBody(traceJson([spanJson({ attributes: { k: value } })])),
  ).groups[0]!.scopes[0]!.items[0]!.attributes.get('k')

describe('text form of attribute values, the same from both encodings', () => {
  test.each<[string, Value, string]>([
    ['a string as it is', 'grüße 🦊 "x"', 'grüße 🦊 "x"'],
    ['an empty string', '', ''],
    ['true', true, 'true'],
    ['false', false, 'false'],
    ['an integer', 42n, '42'],
    ['zero', 0n, '0'],
    ['the largest int64', 2n ** 63n - 1n, '9223372036854775807'],
    ['the smallest int64', -(2n ** 63n), '-9223372036854775808'],
    ['an integer just beyond 2^53', 2n ** 53n + 1n, '9007199254740993'],
    ['a double in its shortest form', 0.1, '0.1'],
    ['a whole double', 3, '3'],
    ['a large double', 1.5e300, '1.5e+300'],
    ['NaN', Number.NaN, 'NaN'],
    ['infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['bytes as base64', Buffer.from([0, 255, 1]), 'AP8B'],
    ['no bytes', Buffer.alloc(0), ''],
    ['no value', null, ''],
    ['an empty array', [], '[]'],
    ['an array of mixed kinds', ['a', 1n, 0.5, true, null, Buffer.from([255])], '["a",1,0.5,true,null,"/w=="]'],
    ['an array with numbers JSON lacks', [Number.NaN, Number.POSITIVE_INFINITY], '["NaN","Infinity"]'],
    ['large integers inside an array', [2n ** 63n - 1n], '[9223372036854775807]'],
    ['an empty list of pairs', {}, '{}'],
    ['nested lists of pairs', { a: { b: [{ c: 'x"y' }] } }, '{"a":{"b":[{"c":"x\\"y"}]}}'],
  ])('%s', (_, value, text) => {
    expect(fromProtobuf(value)).toBe(text)
    expect(fromJson(value)).toBe(text)
  })

  test('any value gives the same text from both encodings', () => {
    const { value } = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
        fc.boolean(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double().map((number) => (Object.is(number, -0) ? 0 : number)),
        fc.constant(null),
        fc.uint8Array({ maxLength: 20 }),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
          tie('value'),
          { maxKeys: 4 },
        ),
      ),
    }))
    fc.assert(
      fc.property(value, (given) => {
        expect(fromProtobuf(given)).toBe(fromJson(given))
      }),
    )
  })
})

test('of duplicate keys the last wins', () => {
  const pair = (value: string) => len(9, len(1, 'k'), len(2, anyValue(value)))
  const { groups } = decodeTraces(traceEnvelope([Buffer.concat([pair('first'), pair('last')])]))
  expect([...groups[0]!.scopes[0]!.items[0]!.attributes]).toEqual([['k', 'last']])
})

test('string-table references are empty values, and counted', () => {
  const attribute = len(9, vint(3, 7), len(2, vint(8, 7)))
  const decoded = decodeTraces(traceEnvelope([attribute]))
  expect([...decoded.groups[0]!.scopes[0]!.items[0]!.attributes]).toEqual([['', '']])
  expect(decoded.stringIndexes).toBe(2)
})
