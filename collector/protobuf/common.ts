import { type Attributes, emptyScope, type Group, type Resource, type Scope, type ScopeGroup } from '../telemetry.ts'
import { type AnyValue, textOf } from '../value-text.ts'
import { fieldsOf, readFields, set, string, uint32 } from './fields.ts'
import type { Reader } from './reader.ts'

// Tags are written with the field's name from opentelemetry-proto common.proto and resource.proto; see `fields.ts`.

/** Reads one KeyValue into `attributes`; of duplicate keys the last wins. */
export const readAttribute = (reader: Reader, attributes: Attributes): void => readPair(reader, attributes, textOf)

export function skipPair(reader: Reader, tag: number): void {
  if (tag === 0x18 /* key_strindex */) reader.notes.stringIndexes++
  reader.skip(tag)
}

/** Reads an AnyValue. `before` is what an earlier occurrence of the same field held: arrays and lists merge, others are replaced. */
export function readValue(reader: Reader, before: AnyValue): AnyValue {
  const outer = reader.enter()
  let value = before
  while (reader.more()) {
    const tag = reader.tag()
    switch (tag) {
      case 0x0a: // string_value
        value = reader.string()
        break
      case 0x10: // bool_value
        value = reader.bool()
        break
      case 0x18: // int_value
        value = reader.integer()
        break
      case 0x21: // double_value
        value = reader.double()
        break
      case 0x2a: // array_value
        value = readArray(reader, Array.isArray(value) ? value : [])
        break
      case 0x32: // kvlist_value
        value = readList(reader, value instanceof Map ? value : new Map())
        break
      case 0x3a: // bytes_value
        value = reader.blob()
        break
      case 0x40: // string_value_strindex
        value = null
        reader.notes.stringIndexes++
        reader.skip(tag)
        break
      default:
        reader.skip(tag)
    }
  }
  reader.leave(outer)
  return value
}

function readArray(reader: Reader, items: AnyValue[]): AnyValue[] {
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x0a /* values */) items.push(readValue(reader, null))
    else reader.skip(tag)
  }
  reader.leave(outer)
  return items
}

function readList(reader: Reader, pairs: Map<string, AnyValue>): Map<string, AnyValue> {
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x0a /* values */) readPair(reader, pairs, asSent)
    else reader.skip(tag)
  }
  reader.leave(outer)
  return pairs
}

function readPair<Value>(reader: Reader, pairs: Map<string, Value>, kept: (value: AnyValue) => Value): void {
  const outer = reader.enter()
  let key = ''
  let value: AnyValue = null
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x0a /* key */) key = reader.string()
    else if (tag === 0x12 /* value */) value = readValue(reader, value)
    else skipPair(reader, tag)
  }
  pairs.set(key, kept(value))
  reader.leave(outer)
}

const asSent = (value: AnyValue): AnyValue => value

const RESOURCE = fieldsOf<Resource>({
  10: (reader, { attributes }) => readAttribute(reader, attributes), // attributes
})

const SCOPE = fieldsOf<Scope>({
  10: set('name', string), // name
  18: set('version', string), // version
  26: (reader, { attributes }) => readAttribute(reader, attributes), // attributes
  32: set('droppedAttributes', uint32), // dropped_attributes_count
})

type ReadItem<Item> = (reader: Reader) => Item

/** Export{Trace,Metrics}ServiceRequest: the envelopes of both signals share their field numbers. */
export function readGroups<Item>(reader: Reader, readItem: ReadItem<Item>): Group<Item>[] {
  const groups: Group<Item>[] = []
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x0a /* resource_spans, resource_metrics */) groups.push(readGroup(reader, readItem))
    else reader.skip(tag)
  }
  return groups
}

function readGroup<Item>(reader: Reader, readItem: ReadItem<Item>): Group<Item> {
  reader.countPart()
  const outer = reader.enter()
  const group: Group<Item> = { resource: { attributes: new Map(), schemaUrl: '' }, scopes: [] }
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x0a /* resource */) readFields(reader, group.resource, RESOURCE)
    else if (tag === 0x12 /* scope_spans, scope_metrics */) group.scopes.push(readScopeGroup(reader, readItem))
    else if (tag === 0x1a /* schema_url */) group.resource.schemaUrl = reader.string()
    else reader.skip(tag)
  }
  reader.leave(outer)
  return group
}

/**
 * Reads the scope and steps over its items: they are decoded one by one when iterated, so that a large body never stands
 * in memory as objects, and the scope is known before them wherever it was sent.
 */
function readScopeGroup<Item>(reader: Reader, readItem: ReadItem<Item>): ScopeGroup<Item> {
  reader.countPart()
  const outer = reader.enter()
  const scope = emptyScope()
  const items = reader.fork()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x0a /* scope */) readFields(reader, scope, SCOPE)
    else if (tag === 0x1a /* schema_url */) scope.schemaUrl = reader.string()
    else reader.skip(tag)
  }
  reader.leave(outer)
  return { scope, items: { [Symbol.iterator]: () => itemsOf(items.fork(), readItem) } }
}

function* itemsOf<Item>(reader: Reader, readItem: ReadItem<Item>): Generator<Item, void> {
  while (reader.more()) {
    const tag = reader.tag()
    reader.parts = 0
    if (tag === 0x12 /* spans, metrics */) yield readItem(reader)
    else reader.skip(tag)
  }
}
