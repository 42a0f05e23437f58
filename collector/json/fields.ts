import { BadBody, MAX_PARTS, tooManyParts } from '../bad-body.ts'
import type { MessageWriter } from './message-writer.ts'
import { isObject, type Json, type JsonObject } from './parse.ts'

// One function per protobuf scalar, with protobuf's JSON mapping as OTLP narrows it: any value of a wrong type is a `BadBody`
// that names the key, except in attributes (`attributes.ts`). Source: OTLP specification, "JSON Protobuf Encoding".

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
    if (value === null) continue
    const writeField = fields.get(key) ?? snakeField(writer, key, fields)
    if (writeField !== undefined) writeField(writer, value, key)
    else writer.notes.sawUnknown(key)
  }
}

function snakeField(writer: MessageWriter, key: string, fields: Fields): WriteField | undefined {
  const writeField = fields.get(camelCase(key))
  if (writeField !== undefined) writer.notes.snakeKey ||= key
  return writeField
}

/** Old writers send the names of the protobuf definition, `start_time_unix_nano`; protobuf's JSON readers take both. */
const camelCase = (key: string): string =>
  key.includes('_') ? key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) : key

/** The value of a key in either spelling. */
export const memberOf = (object: JsonObject, key: string): Json => {
  const found = Object.hasOwn(object, key) ? key : Object.keys(object).find((spelt) => camelCase(spelt) === key)
  return (found !== undefined ? object[found] : null) ?? null
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

/** How the values of a protobuf type are read from JSON, undefined when one does not fit, and written. */
export interface Scalar<T> {
  read: (value: Json) => T | undefined
  write: (writer: MessageWriter, field: number, value: T) => void
  /** What fits, for whoever sent something else. */
  expected: string
}

const strict =
  <T>({ read, write, expected }: Scalar<T>) =>
  (field: number): WriteField =>
  (writer, value, key) => {
    const given = read(value)
    if (given === undefined) bad(key, expected)
    else write(writer, field, given)
  }

export const TEXT: Scalar<string> = {
  read: (value) => (typeof value === 'string' ? value : undefined),
  write: (writer, field, value) => {
    writer.tag(field, LENGTH_DELIMITED)
    writer.string(value)
  },
  expected: 'a string',
}
export const text = strict(TEXT)

export const BOOL: Scalar<boolean> = {
  read: (value) => (typeof value === 'boolean' ? value : undefined),
  write: (writer, field, value) => {
    writer.tag(field, VARINT)
    writer.varint(value ? 1n : 0n)
  },
  expected: 'true or false',
}
export const bool = strict(BOOL)

const writeBlob = (writer: MessageWriter, field: number, value: Buffer): void => {
  writer.tag(field, LENGTH_DELIMITED)
  writer.blob(value)
}

/** Ids are hex, in any case. */
export const id = strict<Buffer>({
  read: (value) =>
    typeof value === 'string' && value.length % 2 === 0 && /^[0-9a-f]*$/i.test(value)
      ? Buffer.from(value, 'hex')
      : undefined,
  write: writeBlob,
  expected: 'a hex string; OTLP/JSON has ids in hex, not in base64',
})

/** Base64 with or without padding, in the standard or the URL alphabet. */
export const BLOB: Scalar<Buffer> = {
  read: (value) =>
    typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value) ? Buffer.from(value, 'base64') : undefined,
  write: writeBlob,
  expected: 'base64',
}

const MAX_UINT64 = 2n ** 64n - 1n
const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n
const MAX_UINT32 = 2n ** 32n - 1n
const MIN_INT32 = -(2n ** 31n)
const MAX_INT32 = 2n ** 31n - 1n

function integer(
  min: bigint,
  max: bigint,
  type: number,
  write: (writer: MessageWriter, value: bigint) => void,
): Scalar<bigint> {
  return {
    read: (value) => asInteger(value, min, max),
    write: (writer, field, value) => {
      writer.tag(field, type)
      write(writer, value)
    },
    expected: `an integer between ${min} and ${max}, as decimal string or number`,
  }
}

const varint = (writer: MessageWriter, value: bigint): void => writer.varint(value)
const zigzag = (writer: MessageWriter, value: bigint): void =>
  writer.varint(value >= 0n ? value * 2n : -value * 2n - 1n)
const fixed = (writer: MessageWriter, value: bigint): void => writer.fixed64(value)

export const INT64 = integer(MIN_INT64, MAX_INT64, VARINT, varint)
export const UINT32 = integer(0n, MAX_UINT32, VARINT, varint)
const UINT64 = integer(0n, MAX_UINT64, VARINT, varint)
const FIXED = integer(0n, MAX_UINT64, FIXED64, fixed)
const SFIXED = integer(MIN_INT64, MAX_INT64, FIXED64, fixed)
const int32 = strict(integer(MIN_INT32, MAX_INT32, VARINT, varint))
export const uint32 = strict(UINT32)
export const sint32 = strict(integer(MIN_INT32, MAX_INT32, VARINT, zigzag))
export const fixed32 = strict(integer(0n, MAX_UINT32, FIXED32, (writer, value) => writer.fixed32(Number(value))))
export const fixed64 = strict(FIXED)

export const DOUBLE: Scalar<number> = {
  read: asDouble,
  write: (writer, field, value) => {
    writer.tag(field, FIXED64)
    writer.double(value)
  },
  expected: 'a number, "NaN" or "Infinity"',
}
export const double = strict(DOUBLE)

/**
 * A number sent as an integer: one that is none, or beyond 64 bits, is the double in `doubleField` instead. A counter in a
 * language without integers may reach that.
 */
export const wholeNumber = (field: number, doubleField: number): WriteField => {
  const whole = strict(SFIXED)(field)
  return (writer, value, key) => {
    const given = SFIXED.read(value) === undefined ? asDouble(value) : undefined
    if (given === undefined) return whole(writer, value, key)
    writer.notes.retyped(key)
    DOUBLE.write(writer, doubleField, given)
  }
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
  <T>({ read, expected }: Scalar<T>, write: (writer: MessageWriter, value: T) => void) =>
  (field: number): WriteField =>
  (writer, value, key) => {
    const items = asList(value, key)
    writer.tag(field, LENGTH_DELIMITED)
    writer.nested(() => {
      for (const item of items) write(writer, read(item) ?? bad(key, expected))
    })
  }

export const packedFixed64 = packed(FIXED, fixed)
export const packedUint64 = packed(UINT64, varint)
export const packedDouble = packed(DOUBLE, (writer, value) => writer.double(value))

const asMessage = (value: Json, key: string): JsonObject => (isObject(value) ? value : bad(key, 'an object'))

function asList(value: Json, key: string): Json[] {
  return Array.isArray(value) ? bounded(value) : bad(key, 'an array')
}

export function bounded(list: Json[]): Json[] {
  if (list.length > MAX_PARTS) throw tooManyParts()
  return list
}

/** A number, or a text of one, that is whole: also as `1e3` and `2.0`. Source: protobuf.dev, "ProtoJSON Format". */
function asInteger(value: Json, min: bigint, max: bigint): bigint | undefined {
  const given = wholeOf(value)
  return given === undefined || given < min || given > max ? undefined : given
}

function wholeOf(value: Json): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string') return undefined
  if (/^-?\d{1,20}$/.test(value)) return BigInt(value)
  const number = /[.eE]/.test(value) ? asDouble(value) : undefined
  return number !== undefined && Number.isSafeInteger(number) ? BigInt(number) : undefined
}

const WORDS = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

function asDouble(value: Json): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string') return undefined
  const word = WORDS.get(value)
  if (word !== undefined) return word
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value) ? Number(value) : undefined
}
