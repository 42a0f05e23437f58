import { BadBody, BodyTooLarge } from '../bad-body.ts'

export type Json = string | number | bigint | boolean | null | Json[] | JsonObject
export type JsonObject = { [key: string]: Json | undefined }

/** An integer long enough that a double may round it, standing as a number (not inside a string, bar rare false alarms). */
const LONG_INTEGER = /[:[,]\s*-?\d{16,}/

/**
 * Parses an OTLP/JSON body; throws `BadBody` unless it is one JSON object, `BodyTooLarge` when it holds too many.
 * 64-bit integers sent as numbers stay exact: those a double cannot hold become `bigint`. Only bodies that seem to contain
 * one pay for the slower parse; senders are told to use strings.
 */
export function parseBody(body: Buffer): JsonObject {
  refuseCrowded(body)
  const text = textOf(body)
  let value: Json
  try {
    value = LONG_INTEGER.test(text) ? parseExactly(text) : (JSON.parse(text) as Json)
  } catch (cause) {
    throw new BadBody(`malformed JSON: ${cause instanceof SyntaxError ? cause.message : 'nested too deeply'}`)
  }
  if (!isObject(value)) throw new BadBody('malformed OTLP/JSON: expected an object at the top level')
  return value
}

/** Byte order marks, which some programs put before a text, and how the text behind them is encoded. */
const MARKS = [
  { mark: Buffer.from([0xef, 0xbb, 0xbf]), encoding: 'utf-8' },
  { mark: Buffer.from([0xff, 0xfe]), encoding: 'utf-16le' },
  { mark: Buffer.from([0xfe, 0xff]), encoding: 'utf-16be' },
] as const

function textOf(body: Buffer): string {
  const marked = MARKS.find(({ mark }) => body.subarray(0, mark.length).equals(mark))
  if (marked === undefined) return body.toString('utf8')
  return new TextDecoder(marked.encoding).decode(body)
}

/** Objects and arrays in one body: an empty one takes twenty times its text. */
const MAX_NODES = 500_000

function refuseCrowded(body: Buffer): void {
  let nodes = 0
  for (let i = 0; i < body.length; i++) if (body[i] === 0x7b || body[i] === 0x5b) nodes++
  if (nodes > MAX_NODES)
    throw new BodyTooLarge(`it has more than ${MAX_NODES} objects and arrays; send smaller batches`)
}

type Reviver = (key: string, value: Json, context: { source: string }) => Json
const parseExact = JSON.parse as (text: string, reviver: Reviver) => Json

const parseExactly = (text: string): Json =>
  parseExact(text, (_key, value, context) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source)
      ? BigInt(context.source)
      : value,
  )

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
