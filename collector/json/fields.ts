import { BadBody, MAX_PARTS, tooManyParts } from '../bad-body.ts'
import { isObject, type Json, type JsonObject } from './parse.ts'

// One function per protobuf scalar, with protobuf's JSON mapping as OTLP narrows it: an absent key and `null` are the default,
// any other value of a wrong type is a `BadBody` that names the key. Source: OTLP specification, "JSON Protobuf Encoding".

export const bad = (key: string, expected: string): never => {
  throw new BadBody(`malformed OTLP/JSON: ${key} must be ${expected}`, key)
}

export function text(object: JsonObject, key: string): string {
  const value = object[key] ?? ''
  return typeof value === 'string' ? value : bad(key, 'a string')
}

export function bool(object: JsonObject, key: string): boolean {
  const value = object[key] ?? false
  return typeof value === 'boolean' ? value : bad(key, 'true or false')
}

/** Hex in any case → lower case. */
export function hex(object: JsonObject, key: string): string {
  const value = object[key] ?? ''
  if (typeof value !== 'string' || value.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(value))
    return bad(key, 'a hex string')
  return value.toLowerCase()
}

export function message(object: JsonObject, key: string): JsonObject {
  return asMessage(object[key], key)
}

export function asMessage(value: Json | undefined, key: string): JsonObject {
  const given = value ?? {}
  return isObject(given) ? given : bad(key, 'an object')
}

export function list(object: JsonObject, key: string): Json[] {
  const value = object[key] ?? []
  return Array.isArray(value) ? value : bad(key, 'an array')
}

export function messages(object: JsonObject, key: string): JsonObject[] {
  const items = list(object, key)
  if (items.length > MAX_PARTS) throw tooManyParts()
  return items.map((item) => asMessage(item, key))
}

const MAX_UINT64 = 2n ** 64n - 1n
const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

export const uint64 = (object: JsonObject, key: string): bigint =>
  within(asInteger(object[key] ?? 0, key), 0n, MAX_UINT64, key)

export const asUint64 = (value: Json, key: string): bigint => within(asInteger(value, key), 0n, MAX_UINT64, key)
export const asInt64 = (value: Json, key: string): bigint => within(asInteger(value, key), MIN_INT64, MAX_INT64, key)

export const uint32 = (object: JsonObject, key: string): number =>
  Number(within(asInteger(object[key] ?? 0, key), 0n, 2n ** 32n - 1n, key))

export const int32 = (object: JsonObject, key: string): number =>
  Number(within(asInteger(object[key] ?? 0, key), -(2n ** 31n), 2n ** 31n - 1n, key))

function within(value: bigint, min: bigint, max: bigint, key: string): bigint {
  return value < min || value > max ? bad(key, `between ${min} and ${max}`) : value
}

/** Decimal string or number; fractions and words are refused. */
function asInteger(value: Json, key: string): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' ? Number.isInteger(value) : typeof value === 'string' && /^-?\d{1,20}$/.test(value)) {
    return BigInt(value as string | number)
  }
  return bad(key, 'an integer, as decimal string or number')
}

export function double(object: JsonObject, key: string): number {
  return asDouble(object[key] ?? 0, key)
}

export function optionalDouble(object: JsonObject, key: string): number | null {
  const value = object[key] ?? null
  return value === null ? null : asDouble(value, key)
}

const WORDS = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

export function asDouble(value: Json, key: string): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string') return bad(key, 'a number')
  const word = WORDS.get(value)
  if (word !== undefined) return word
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value) ? Number(value) : bad(key, 'a number, "NaN" or "Infinity"')
}

/** The number of an enum value; names are accepted although senders must not use them. Unknown numbers are kept. */
export function enumeration(object: JsonObject, key: string, names: readonly string[]): number {
  const value = object[key] ?? 0
  if (typeof value === 'string') {
    const number = names.indexOf(value)
    return number === -1 ? bad(key, `a number or one of ${names.join(', ')}`) : number
  }
  return Number(within(asInteger(value, key), -(2n ** 31n), 2n ** 31n - 1n, key))
}

/** Base64 with or without padding, in the standard or the URL alphabet. */
export function asBytes(value: Json, key: string): Uint8Array {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) return bad(key, 'base64')
  return Buffer.from(value, 'base64')
}
