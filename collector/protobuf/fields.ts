import type { Reader } from './reader.ts'

/** Reads the field at the cursor into what is made of its message. */
type ReadField<T> = (reader: Reader, target: T) => void

/**
 * The fields of a message by tag: `field number << 3 | wire type`. A known field with another wire type is another tag, so it
 * is skipped as unknown, like the official runtimes do.
 */
export type Fields<T> = readonly (ReadField<T> | undefined)[]

/** Higher tags have more than one byte, and are none of ours. */
const TAGS = 128

export function fieldsOf<T>(table: Readonly<Record<number, ReadField<T>>>): Fields<T> {
  return Array.from({ length: TAGS }, (_, tag) => table[tag])
}

/** A field that is one of the target's members, the last one sent. */
export const set =
  <T, K extends keyof T>(key: K, read: (reader: Reader) => T[K]): ReadField<T> =>
  (reader, target) => {
    target[key] = read(reader)
  }

export const fixed64 = (reader: Reader): bigint => reader.fixed64()
export const sfixed64 = (reader: Reader): number => Number(reader.sfixed64())
export const double = (reader: Reader): number => reader.double()
export const uint32 = (reader: Reader): number => reader.uint32()
export const sint32 = (reader: Reader): number => reader.sint32()
export const string = (reader: Reader): string => reader.string()
export const hex = (reader: Reader): string => reader.hex()

/** Reads the message at the cursor into `target`. */
export function readFields<T>(reader: Reader, target: T, fields: Fields<T>): T {
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    const readField = fields[tag]
    if (readField === undefined) reader.skip(tag)
    else readField(reader, target)
  }
  reader.leave(outer)
  return target
}

/** The same of a message that is kept until the request, or the record it belongs to, is done; throws `BodyTooLarge`. */
export function readPart<T>(reader: Reader, target: T, fields: Fields<T>): T {
  reader.countPart()
  return readFields(reader, target, fields)
}

/** Numbers one after the other, without tags. */
export function readPacked(reader: Reader, readOne: () => void): void {
  const outer = reader.enter()
  while (reader.more()) readOne()
  reader.leave(outer)
}
