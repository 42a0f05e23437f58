import { BadBody, MAX_PARTS, tooManyParts } from '../bad-body.ts'
import type { MessageWriter } from './message-writer.ts'
import { isObject, type Json, type JsonObject } from './parse.ts'

// One function per protobuf scalar, with protobuf's JSON mapping as OTLP narrows it: any value of a wrong type is a `BadBody`
// that names the key. Source: OTLP specification, "JSON Protobuf Encoding".

/** Writes a field whose key in JSON is `key`: its tag and its value. */
export type WriteField = (writer: MessageWriter, value: Json, key: string) => void

/** A message's fields by their keys in JSON. */
export type Fields = ReadonlyMap<string, WriteField>

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5

const bad = (key: string, expected: string): never => {
  throw new BadBody(`malformed OTLP/JSON: ${key} must be ${expected}`, key)
}

/** The fields of a message given as JSON; keys nobody here knows and `null`, the default, leave nothing. */
export function writeFields(writer: MessageWriter, object: JsonObject, fields: Fields): void {
  for (const key in object) {
    const value = object[key] ?? null
    if (value !== null) fields.get(key)?.(writer, value, key)
  }
}

/** `fields` is called when it is needed, so that messages may hold themselves. */
export const message =
  (field: number, fields: () => Fields): WriteField =>
  (writer, value, key) => {
    const object = asMessage(value, key)
    writer.tag(field, LENGTH_DELIMITED)
    writer.nested(() => writeFields(writer, object, fields()))
  }

/** A `null` among them is an empty message. */
export const messages = (field: number, fields: () => Fields): WriteField => {
  const one = message(field, fields)
  return (writer, value, key) => {
    for (const item of asList(value, key)) one(writer, item ?? {}, key)
  }
}

export const text =
  (field: number): WriteField =>
  (writer, value, key) => {
    const given = typeof value === 'string' ? value : bad(key, 'a string')
    writer.tag(field, LENGTH_DELIMITED)
    writer.string(given)
  }

export const bool =
  (field: number): WriteField =>
  (writer, value, key) => {
    const given = typeof value === 'boolean' ? value : bad(key, 'true or false')
    writer.tag(field, VARINT)
    writer.varint(given ? 1n : 0n)
  }

/** Ids are hex, in any case. */
export const id =
  (field: number): WriteField =>
  (writer, value, key) => {
    const isHex = typeof value === 'string' && value.length % 2 === 0 && /^[0-9a-f]*$/i.test(value)
    const given = isHex ? Buffer.from(value, 'hex') : bad(key, 'a hex string')
    writer.tag(field, LENGTH_DELIMITED)
    writer.blob(given)
  }

/** Base64 with or without padding, in the standard or the URL alphabet. */
export const blob =
  (field: number): WriteField =>
  (writer, value, key) => {
    const isBase64 = typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value)
    const given = isBase64 ? Buffer.from(value, 'base64') : bad(key, 'base64')
    writer.tag(field, LENGTH_DELIMITED)
    writer.blob(given)
  }

const MAX_UINT64 = 2n ** 64n - 1n
const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n
const MAX_UINT32 = 2n ** 32n - 1n
const MIN_INT32 = -(2n ** 31n)
const MAX_INT32 = 2n ** 31n - 1n

const integer =
  (min: bigint, max: bigint, type: number, write: (writer: MessageWriter, value: bigint) => void) =>
  (field: number): WriteField =>
  (writer, value, key) => {
    const given = asInteger(value, key, min, max)
    writer.tag(field, type)
    write(writer, given)
  }

export const int64 = integer(MIN_INT64, MAX_INT64, VARINT, (writer, value) => writer.varint(value))
export const int32 = integer(MIN_INT32, MAX_INT32, VARINT, (writer, value) => writer.varint(value))
export const uint32 = integer(0n, MAX_UINT32, VARINT, (writer, value) => writer.varint(value))
export const sint32 = integer(MIN_INT32, MAX_INT32, VARINT, (writer, value) =>
  writer.varint(value >= 0n ? value * 2n : -value * 2n - 1n),
)
export const fixed32 = integer(0n, MAX_UINT32, FIXED32, (writer, value) => writer.fixed32(Number(value)))
export const fixed64 = integer(0n, MAX_UINT64, FIXED64, (writer, value) => writer.fixed64(value))
export const sfixed64 = integer(MIN_INT64, MAX_INT64, FIXED64, (writer, value) => writer.fixed64(value))

export const double =
  (field: number): WriteField =>
  (writer, value, key) => {
    const given = asDouble(value, key)
    writer.tag(field, FIXED64)
    writer.double(given)
  }

/** The number of an enum value; names are accepted although senders must not use them. Unknown numbers are kept. */
export const enumeration = (field: number, names: readonly string[]): WriteField => {
  const numbered = int32(field)
  return (writer, value, key) => {
    const number = typeof value === 'string' ? names.indexOf(value) : value
    numbered(writer, number === -1 && value !== -1 ? bad(key, `a number or one of ${names.join(', ')}`) : number, key)
  }
}

/** Repeated numbers, packed. */
const packed =
  (write: (writer: MessageWriter, value: Json, key: string) => void) =>
  (field: number): WriteField =>
  (writer, value, key) => {
    const items = asList(value, key)
    writer.tag(field, LENGTH_DELIMITED)
    writer.nested(() => {
      for (const item of items) write(writer, item, key)
    })
  }

export const packedFixed64 = packed((writer, value, key) => writer.fixed64(asInteger(value, key, 0n, MAX_UINT64)))
export const packedUint64 = packed((writer, value, key) => writer.varint(asInteger(value, key, 0n, MAX_UINT64)))
export const packedDouble = packed((writer, value, key) => writer.double(asDouble(value, key)))

const asMessage = (value: Json, key: string): JsonObject => (isObject(value) ? value : bad(key, 'an object'))

function asList(value: Json, key: string): Json[] {
  if (!Array.isArray(value)) return bad(key, 'an array')
  if (value.length > MAX_PARTS) throw tooManyParts()
  return value
}

/** Decimal string or number; fractions and words are refused. */
function asInteger(value: Json, key: string, min: bigint, max: bigint): bigint {
  const isWhole = typeof value === 'number' ? Number.isInteger(value) : /^-?\d{1,20}$/.test(String(value))
  if (typeof value === 'bigint' || (isWhole && (typeof value === 'string' || typeof value === 'number'))) {
    const given = BigInt(value)
    return given < min || given > max ? bad(key, `between ${min} and ${max}`) : given
  }
  return bad(key, 'an integer, as decimal string or number')
}

const WORDS = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

function asDouble(value: Json, key: string): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string') return bad(key, 'a number')
  const word = WORDS.get(value)
  if (word !== undefined) return word
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value) ? Number(value) : bad(key, 'a number, "NaN" or "Infinity"')
}
