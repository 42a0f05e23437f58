import { BadBody, MAX_DEPTH, MAX_PARTS, tooManyParts } from '../bad-body.ts'
import type { Attributes, Decoded, Exemplar, Group, Notes, Resource, Scope } from '../telemetry.ts'
import { type AnyValue, textOf } from '../value-text.ts'
import {
  asBytes,
  asDouble,
  asInt64,
  asMessage,
  bad,
  hex,
  list,
  message,
  messages,
  text,
  uint32,
  uint64,
} from './fields.ts'
import type { Json, JsonObject } from './parse.ts'

/** Depth of a span's attribute value in the protobuf message: resource, scope, span, pair, value. */
const VALUE_DEPTH = 5

/** The array of KeyValue under `key`, in text form; of duplicate keys the last wins. */
export function attributesOf(object: JsonObject, key: string, notes: Notes): Attributes {
  const attributes: Attributes = new Map()
  for (const pair of messages(object, key)) {
    attributes.set(keyOf(pair, notes), textOf(anyValueOf(pair.value, VALUE_DEPTH, notes)))
  }
  return attributes
}

function keyOf(pair: JsonObject, notes: Notes): string {
  if (pair.keyStrindex !== undefined) notes.stringIndexes++
  return text(pair, 'key')
}

function anyValueOf(json: Json | undefined, depth: number, notes: Notes): AnyValue {
  if (depth > MAX_DEPTH) throw new BadBody(`malformed OTLP/JSON: more than ${MAX_DEPTH} nested messages`)
  const object = asMessage(json, 'value')
  let value: AnyValue = null
  for (const kind in object) {
    const given = object[kind] ?? null
    if (given !== null) value = readKind(kind, given, value, depth, notes)
  }
  return value
}

function readKind(kind: string, given: Json, before: AnyValue, depth: number, notes: Notes): AnyValue {
  switch (kind) {
    case 'stringValue':
      return typeof given === 'string' ? given : bad(kind, 'a string')
    case 'boolValue':
      return typeof given === 'boolean' ? given : bad(kind, 'true or false')
    case 'intValue':
      return integer(asInt64(given, kind))
    case 'doubleValue':
      return asDouble(given, kind)
    case 'arrayValue':
      return list(asMessage(given, kind), 'values').map((item) => anyValueOf(item, depth + 2, notes))
    case 'kvlistValue':
      return new Map(
        messages(asMessage(given, kind), 'values').map((pair) => [
          keyOf(pair, notes),
          anyValueOf(pair.value, depth + 3, notes),
        ]),
      )
    case 'bytesValue':
      return asBytes(given, kind)
    case 'stringValueStrindex':
      notes.stringIndexes++
      return null
    default:
      return before
  }
}

const integer = (value: bigint): number | bigint => {
  const double = Number(value)
  return Number.isSafeInteger(double) ? double : value
}

interface Names {
  groups: string
  scopes: string
  items: string
}

/** The envelopes both signals share, under their own key names. */
export function decodeGroups<Item>(
  body: JsonObject,
  names: Names,
  decodeItem: (json: JsonObject, notes: Notes) => Item,
): Decoded<Item> {
  const notes = { stringIndexes: 0 }
  let parts = 0
  const counted = (some: JsonObject[]): JsonObject[] => {
    parts += some.length
    if (parts > MAX_PARTS) throw tooManyParts()
    return some
  }
  const groups = counted(messages(body, names.groups)).map((group): Group<Item> => {
    const resource = resourceOf(group, notes)
    const scopes = counted(messages(group, names.scopes)).map((scopeGroup) => ({
      scope: scopeOf(scopeGroup, notes),
      items: lazily(counted(messages(scopeGroup, names.items)), (item) => decodeItem(item, notes)),
    }))
    return { resource, scopes }
  })
  return { groups, notes }
}

/** Records are decoded as they are iterated, so that only one at a time stands in memory decoded. */
const lazily = <Item>(records: JsonObject[], decode: (record: JsonObject) => Item): Iterable<Item> => ({
  *[Symbol.iterator]() {
    for (const record of records) yield decode(record)
  },
})

const resourceOf = (group: JsonObject, notes: Notes): Resource => ({
  attributes: attributesOf(message(group, 'resource'), 'attributes', notes),
  schemaUrl: text(group, 'schemaUrl'),
})

function scopeOf(group: JsonObject, notes: Notes): Scope {
  const scope = message(group, 'scope')
  return {
    name: text(scope, 'name'),
    version: text(scope, 'version'),
    attributes: attributesOf(scope, 'attributes', notes),
    droppedAttributes: uint32(scope, 'droppedAttributesCount'),
    schemaUrl: text(group, 'schemaUrl'),
  }
}

export const exemplarsOf = (point: JsonObject, notes: Notes): Exemplar[] =>
  messages(point, 'exemplars').map((exemplar) => ({
    attributes: attributesOf(exemplar, 'filteredAttributes', notes),
    timeNs: uint64(exemplar, 'timeUnixNano'),
    value: numberOf(exemplar) ?? 0,
    spanId: hex(exemplar, 'spanId'),
    traceId: hex(exemplar, 'traceId'),
  }))

/** `asDouble` or `asInt` of a point or exemplar, null when it has neither. */
export function numberOf(point: JsonObject): number | null {
  const double = point.asDouble ?? null
  if (double !== null) return asDouble(double, 'asDouble')
  const int = point.asInt ?? null
  return int === null ? null : Number(asInt64(int, 'asInt'))
}
