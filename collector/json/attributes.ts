import {
  BLOB,
  BOOL,
  bounded,
  DOUBLE,
  type Fields,
  INT64,
  memberOf,
  type Scalar,
  TEXT,
  UINT32,
  type WriteField,
  writeFields,
} from './fields.ts'
import type { MessageWriter } from './message-writer.ts'
import { isObject, type Json, type JsonObject } from './parse.ts'

// Attributes and their values. What does not fit costs the attribute its type, or the attribute: never the record, and
// never the other records of the request. It is counted in the writer's notes.

const LENGTH_DELIMITED = 2
/** Field of a string in AnyValue. */
const STRING_VALUE = 1

/** A value that does not fit is kept as the text it was sent as; lists and objects are lost. */
const kept =
  <T>(scalar: Scalar<T>) =>
  (field: number): WriteField =>
  (writer, value) => {
    const given = scalar.read(value)
    if (given !== undefined) scalar.write(writer, field, given)
    else keepAsText(writer, value)
  }

function keepAsText(writer: MessageWriter, value: Json): void {
  const { notes } = writer
  if (typeof value === 'object') notes.lost(writer.attribute)
  else {
    notes.retyped(writer.attribute)
    TEXT.write(writer, STRING_VALUE, String(value))
  }
}

/** A reference into a string table that requests do not have: one that does not fit refers to nothing either. */
const index =
  (field: number): WriteField =>
  (writer, value) =>
    UINT32.write(writer, field, UINT32.read(value) ?? 0n)

/** An object that holds a list in `values`. */
const listed =
  (field: number, values: (writer: MessageWriter, list: Json) => void): WriteField =>
  (writer, value) => {
    if (!isObject(value)) keepAsText(writer, value)
    else {
      writer.tag(field, LENGTH_DELIMITED)
      writer.nested(() => values(writer, memberOf(value, 'values')))
    }
  }

const ANY_VALUE: Fields = new Map(
  Object.entries({
    stringValue: kept(TEXT)(1),
    boolValue: kept(BOOL)(2),
    intValue: kept(INT64)(3),
    doubleValue: kept(DOUBLE)(4),
    arrayValue: listed(5, writeValues),
    kvlistValue: listed(6, (writer, list) => writePairs(writer, 1, list)),
    bytesValue: kept(BLOB)(7),
    stringValueStrindex: index(8),
  }),
)

function writeValue(writer: MessageWriter, field: number, value: Json): void {
  writer.tag(field, LENGTH_DELIMITED)
  writer.nested(() => {
    if (isObject(value)) writeFields(writer, value, ANY_VALUE)
    else if (value !== null) keepAsText(writer, value)
  })
}

function writeValues(writer: MessageWriter, list: Json): void {
  if (Array.isArray(list)) for (const item of bounded(list)) writeValue(writer, 1, item)
  else if (list !== null) writer.notes.lost(writer.attribute, membersOf(list))
}

/** Repeated KeyValue. */
function writePairs(writer: MessageWriter, field: number, list: Json): void {
  if (!Array.isArray(list)) {
    if (list !== null) writer.notes.lost('attributes', membersOf(list))
    return
  }
  for (const item of bounded(list)) {
    if (item === null) writePair(writer, field, {})
    else if (isObject(item)) writePair(writer, field, item)
    else writer.notes.lost('attributes')
  }
}

/** An empty object where a list belongs is what PHP writes for an empty list: it loses nothing. */
const membersOf = (list: Json): number => (isObject(list) ? Object.keys(list).length : 1)

/** A key that is a number or a boolean is kept as text, too: texts of keys and of values have the same field number. */
const PAIR: Fields = new Map(
  Object.entries({
    key: kept(TEXT)(1),
    value: (writer: MessageWriter, value: Json) => writeValue(writer, 2, value),
    keyStrindex: index(3),
  }),
)

function writePair(writer: MessageWriter, field: number, pair: JsonObject): void {
  const { key } = pair
  if (typeof key === 'object' && key !== null) {
    writer.notes.lost('key')
    return
  }
  const outer = writer.attribute
  writer.attribute ||= String(key ?? '')
  writer.tag(field, LENGTH_DELIMITED)
  writer.nested(() => writeFields(writer, pair, PAIR))
  writer.attribute = outer
}

export const attributes =
  (field: number): WriteField =>
  (writer, value) =>
    writePairs(writer, field, value)
