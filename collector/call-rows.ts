import type { Attributes } from '../integration/attributes.ts'
import { type CallRules, maxWeightOf } from '../integration/call-rules.ts'
import type { AdmittedNames, CallNames } from '../integration/cardinality.ts'
import { podClass } from '../integration/dependency-name.ts'
import { plainName } from '../integration/plain-name.ts'
import type { Redaction } from '../integration/redaction.ts'
import { type NameKind, SourceNames } from '../integration/source-names.ts'
import {
  detailsOf,
  type FoundOutline,
  operationOfCall,
  outlineOf,
  sourceOf,
  UNKNOWN_SERVICE,
  UNSPECIFIED,
} from '../integration/span-to-call.ts'
import { dependencyNumber, type Remembered, type SpanMemory } from './memory/span-memory.ts'
import { NestedCalls } from './nested-calls.ts'
import type { SpanView } from './protobuf/span-view.ts'
import { encodeCallSource, encodeOutline, writeCallRest, writeOutline } from './rows/call-row.ts'
import type { TableRows } from './rows/tables.ts'
import { type Found, SpanMemo } from './span-memo.ts'

// Hot path: what the rules find is remembered, and where calls repeat it is copied. `test/bench/span-to-call.ts` measures it.

export interface CallSettings {
  rules: CallRules
  /** Keeps the number of dependency and operation names bounded. */
  names: AdmittedNames
  /** Keeps the other names of calls bounded. */
  sources?: SourceNames
}

/** An outline as rules found it, and as it is stored. */
interface Outline {
  found: FoundOutline
  /** The name that is stored: pods and nodes share one. */
  dependency: string
  /** Which of them it was, as it is remembered; see `dependencyNumber`. */
  number: number
  /** Its type of error is one too many. */
  isTypeRefused: boolean
  encoded: ReturnType<typeof encodeOutline>
}

const SOURCE_KINDS = ['env', 'service', 'version', 'region'] as const

const NOTHING: Found<null> = { value: null, id: -1 }

const isCall = (outline: Found<Outline | null>): outline is Found<Outline> => outline.value !== null

/** A name as it is stored and shown. */
const storedName = (name: string, redaction: Redaction): string => plainName(redaction.text(name))

function storedOutline(found: FoundOutline | null, redaction: Redaction, sources: SourceNames): Outline | null {
  if (found === null) return null
  const text = (value: string) => storedName(value, redaction)
  const called = text(found.dependency)
  const dependency = found.isPod ? podClass(called) : called
  const sentType = text(found.errorType)
  const errorType = sources.admit('errorType', sentType)
  const stored = { ...found, dependency, status: text(found.status), errorType }
  return {
    found,
    dependency,
    number: dependencyNumber(called),
    isTypeRefused: errorType !== sentType,
    encoded: encodeOutline(stored),
  }
}

/** Writes rows of `call_rows`. */
export class CallRows {
  readonly #names: AdmittedNames
  readonly #sources: SourceNames
  /** Kinds of names that the resource has one too many of. */
  #refused: readonly NameKind[] = []
  readonly #redaction: Redaction
  readonly #outlines: SpanMemo<null, Outline | null>
  readonly #operations: SpanMemo<Outline, string>
  readonly #details: SpanMemo<Outline, ReturnType<typeof detailsOf>>
  readonly #memory: SpanMemory
  readonly #nested: NestedCalls
  /** Used for each call in turn. */
  readonly #wanted: CallNames = { service: '', dependency: '', operation: '' }
  #source: Uint8Array = new Uint8Array()
  #weight = 1
  readonly #maxWeight: number
  /** Calls of the request that said they stand for more than `calls.maxWeight`. */
  capped = 0

  constructor({ rules, names, sources = new SourceNames() }: CallSettings, redaction: Redaction, memory: SpanMemory) {
    this.#memory = memory
    this.#nested = new NestedCalls(memory)
    this.#sources = sources
    this.#names = names
    this.#redaction = redaction
    this.#maxWeight = maxWeightOf(rules)
    this.#outlines = new SpanMemo((span) => storedOutline(outlineOf(span, rules), redaction, sources))
    this.#operations = new SpanMemo((span, { found }) => storedName(operationOfCall(span, found, rules), redaction))
    this.#details = new SpanMemo((span, { found }) =>
      redaction.details(detailsOf(span, found.direction, rules), span.attributes),
    )
  }

  /** A new request begins, which came at `nowMs`. */
  reset(nowMs: number): void {
    this.#names.advance(nowMs)
    this.#sources.advance(nowMs)
    this.#nested.reset()
    this.capped = 0
  }

  /** What all spans have in common that are written from now on. */
  begin(resource: Attributes): void {
    const { env, service, version, region, weight } = sourceOf(resource)
    const text = (value: string) => storedName(value, this.#redaction)
    const sent = {
      env: text(env) || UNSPECIFIED,
      service: text(service) || UNKNOWN_SERVICE,
      version: text(version),
      region: text(region),
    }
    const stored = this.#sources.admitSource(sent)
    this.#refused = SOURCE_KINDS.filter((kind) => stored[kind] !== sent[kind])
    this.#source = encodeCallSource(stored)
    this.#wanted.service = stored.service
    this.#weight = weight
  }

  /** Writes the span's call; false when it is none. `entry` is the span's in the memory. */
  write(span: SpanView, rows: TableRows, entry: number): boolean {
    const outline = this.#outlines.of(span, NOTHING)
    if (!isCall(outline)) return false
    const { found, dependency, number, encoded } = outline.value
    this.#wanted.dependency = dependency
    this.#wanted.operation = this.#operations.of(span, outline).value
    const details = this.#details.of(span, outline).value
    const writer = rows.writers.call_rows
    const isOutbound = found.direction === 'outbound'
    const rowFrom = writer.position
    writer.words(span.startLow, span.startHigh)
    writer.raw(this.#source)
    writeOutline(writer, encoded, this.#wanted, this.#names.admit(this.#wanted))
    if (isOutbound) this.#nested.add(number, span, writer, rowFrom)
    writeCallRest(writer, span, found.synthetic, this.#weightOf(details), details)
    if (this.#refused.length > 0 || outline.value.isTypeRefused) this.#countRefused(outline.value)
    if (isOutbound) {
      this.#memory.recent.called(entry, number)
      this.#nested.complete(writer, rowFrom)
    }
    rows.sawCall(span.startLow, span.startHigh)
    return true
  }

  #countRefused({ isTypeRefused }: Outline): void {
    const { refusedCalls } = this.#sources
    for (const kind of this.#refused) refusedCalls[kind]++
    if (isTypeRefused) refusedCalls.errorType++
  }

  #weightOf({ statedWeight }: ReturnType<typeof detailsOf>): number {
    const weight = statedWeight ?? this.#weight
    if (weight <= this.#maxWeight) return weight
    this.capped++
    return this.#maxWeight
  }

  /** When all spans of a request have been written: what they were read from tells which calls are nested in others. */
  finish(body: DataView, remembered: Remembered, rows: TableRows): void {
    this.#nested.finish(body, remembered, rows)
  }
}
