import type { Attributes } from '../../integration/attributes.ts'
import type { SpanFacts } from '../../integration/call.ts'
import type { Redaction } from '../../integration/redaction.ts'
import { BadBody } from '../bad-body.ts'
import type { SpanEvent, SpanLink } from '../telemetry.ts'
import { type AttributeKey, AttributeKeys } from './attribute-keys.ts'
import { AttributeList, UNWATCHED } from './attribute-list.ts'
import { type AttributePair, AttributePairs } from './attribute-pairs.ts'
import { readAttribute } from './common.ts'
import { fieldsOf, fixed64, hex, readPart, set, string } from './fields.ts'
import { IdAt, TextAt } from './places.ts'
import type { Reader } from './reader.ts'
import { TextIds } from './text-ids.ts'

// Hot path: one view for all spans, pointing into the body. Nothing is made of a span but what the rules ask for.
// `test/bench/span-to-call.ts` measures it.

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8
/** Bits of what was read, above those of the attributes' places. */
const READ = { message: 1 << 27, exceptionType: 1 << 28, exceptionMessage: 1 << 29, name: 1 << 30 } as const
const EXCEPTION_READS: Readonly<Record<string, number>> = {
  'exception.type': READ.exceptionType,
  'exception.message': READ.exceptionMessage,
}
/** In units of 2^32 ns: about a year, which no span lasts. */
const HIGH_WORDS_TOO_LONG = Math.ceil((366 * 86_400e9) / 2 ** 32)
const NAME_SLOTS = 1024
const NO_ATTRIBUTES: Attributes = new Map()

/** What was wrong with the end of a span that is stored with duration 0. */
export type EndFault = 'end_before_start' | 'end_too_late'

/**
 * The span that was read last, as it was sent: the rules read it as facts, rows are copied out of it. Times are two words
 * of 32 bits each, the way they stand in the body.
 */
export class SpanView implements SpanFacts {
  bytes: Buffer = Buffer.alloc(0)
  readonly traceIdAt = new IdAt()
  readonly spanIdAt = new IdAt()
  readonly parentIdAt = new IdAt()
  readonly nameAt = new TextAt()
  /** The name, where it came before: as an attribute without a name of its own. */
  namePair: AttributePair | undefined
  readonly #names = new AttributePairs(NAME_SLOTS)
  readonly #nameKey: AttributeKey
  readonly traceStateAt = new TextAt()
  readonly statusMessageAt = new TextAt()
  kind = 0
  statusCode = 0
  startLow = 0
  startHigh = 0
  endLow = 0
  endHigh = 0
  readonly attributes: AttributeList
  /** Of the group that is being read. */
  sentResource: Attributes = NO_ATTRIBUTES
  #scope = ''
  /** A number for the scope, undefined when it has none yet. */
  #scopeId: number | undefined = 0
  events: SpanEvent[] = []
  links: SpanLink[] = []

  readonly #texts = new TextIds()
  /** The attributes of the span's last exception. */
  readonly #watchedException: Attributes = {
    get: (name) => {
      this.attributes.reads |= EXCEPTION_READS[name] ?? UNWATCHED
      return this.#lastException()?.attributes.get(name)
    },
  }

  constructor(redaction: Redaction) {
    this.attributes = new AttributeList(new AttributeKeys(redaction), new AttributePairs())
    this.#nameKey = { name: '', encoded: new Uint8Array(), rule: redaction.freeText, list: 0, place: 0 }
  }

  get name(): string {
    this.attributes.reads |= READ.name
    return this.namePair !== undefined ? this.namePair.text : this.nameAt.of(this.bytes)
  }

  get traceState(): string {
    if (!this.traceStateAt.isEmpty()) this.attributes.reads |= UNWATCHED
    return this.traceStateAt.of(this.bytes)
  }

  get statusMessage(): string {
    this.attributes.reads |= READ.message
    return this.statusMessageAt.of(this.bytes)
  }

  get exception(): Attributes | null {
    return this.#lastException() === undefined ? null : this.#watchedException
  }

  #lastException(): SpanEvent | undefined {
    for (let i = this.events.length - 1; i >= 0; i--) {
      const event = this.events[i]!
      if (event.name === 'exception') return event
    }
    return undefined
  }

  get resource(): Attributes {
    this.attributes.reads |= UNWATCHED
    return this.sentResource
  }

  get scope(): string {
    return this.#scope
  }

  set scope(name: string) {
    this.#scope = name
    this.#scopeId = name === '' ? 0 : this.#texts.of(name)
  }

  get traceId(): string {
    return this.traceIdAt.hex(this.bytes)
  }

  hasIds(): boolean {
    return this.traceIdAt.isId(this.bytes, TRACE_ID_BYTES) && this.spanIdAt.isId(this.bytes, SPAN_ID_BYTES)
  }

  /** Ids as Zipkin, B3 and Datadog may have them: the trace's is as long as a span's. */
  hasShortTraceId(): boolean {
    return this.traceIdAt.isId(this.bytes, SPAN_ID_BYTES) && this.spanIdAt.isId(this.bytes, SPAN_ID_BYTES)
  }

  /** A parent of wrong length is none. */
  hasParent(): boolean {
    return this.parentIdAt.isId(this.bytes, SPAN_ID_BYTES)
  }

  /** From here on what is read is taken note of. */
  watchReads(): void {
    this.attributes.reads = 0
  }

  /** What was read since, as bits for `sign`; null when something was that a signature does not hold. */
  readsWatched(): number | null {
    const { reads } = this.attributes
    return (reads & UNWATCHED) === 0 ? reads : null
  }

  /**
   * Writes into `signature` what tells spans of one shape apart as far as these reads go, and gives its hash: kind, status,
   * scope, what there is at all, and the values at the places read. Null when one of them has not come before.
   */
  sign(reads: number, signature: number[]): number | null {
    const { pairs } = this.attributes
    if (this.#scopeId === undefined) return null
    signature[0] = this.kind
    signature[1] = this.statusCode
    signature[2] = this.#whatElse()
    signature[3] = this.#scopeId
    let length = 4
    let hash = Math.imul((this.kind * 8 + this.statusCode) * 8 + signature[2], 31) + this.#scopeId
    for (let rest = reads; rest !== 0; rest &= rest - 1) {
      const read = rest & -rest
      const id = read < READ.message ? pairs[31 - Math.clz32(read)]?.id : this.#idOf(read)
      if (id === undefined) return null
      signature[length++] = id
      hash = Math.imul(hash, 31) + id
    }
    signature.length = length
    return hash | 0
  }

  /** Whether there is a trace state, and an exception. */
  #whatElse(): number {
    const state = this.traceStateAt.isEmpty() ? 0 : 1
    return state + (this.events.length > 0 && this.#lastException() !== undefined ? 2 : 0)
  }

  /** Of what was read beside attributes: a number that tells it apart from others, undefined when it has none yet. */
  #idOf(read: number): number | undefined {
    if (read === READ.name) return this.nameAt.isEmpty() ? 0 : this.namePair?.id
    if (read === READ.message) return this.#texts.of(this.statusMessageAt.of(this.bytes))
    const name = read === READ.exceptionType ? 'exception.type' : 'exception.message'
    return this.#texts.of(this.#lastException()?.attributes.get(name) ?? '')
  }

  /**
   * Lets a span whose end cannot be true end when it began, and says why: an end before the start, or an end that no span
   * lives to see. Senders write 0 or the largest number for "has not ended".
   */
  settleEnd(): EndFault | null {
    const { startLow, startHigh, endLow, endHigh } = this
    const isBefore = endHigh < startHigh || (endHigh === startHigh && endLow < startLow)
    if (!isBefore && endHigh - startHigh < HIGH_WORDS_TOO_LONG) return null
    this.endLow = startLow
    this.endHigh = startHigh
    return isBefore ? 'end_before_start' : 'end_too_late'
  }

  /** Whether it took less than so many nanoseconds, below 2^32. */
  lastsLessThan(ns: number): boolean {
    return (this.endHigh - this.startHigh) * 2 ** 32 + (this.endLow - this.startLow) < ns
  }

  /** Reads the span at the cursor in place of the one before. */
  read(reader: Reader): void {
    this.#begin(reader.bytes)
    const outer = reader.enter()
    let fault: BadBody | null = null
    while (reader.more()) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a: // trace_id
          this.traceIdAt.read(reader)
          break
        case 0x12: // span_id
          this.spanIdAt.read(reader)
          break
        case 0x1a: // trace_state
          this.traceStateAt.read(reader)
          break
        case 0x22: // parent_span_id
          this.parentIdAt.read(reader)
          break
        case 0x2a: // name
          this.#readName(reader)
          break
        case 0x30: // kind
          this.kind = reader.int32()
          break
        case 0x39: // start_time_unix_nano
          this.startLow = reader.fixed32()
          this.startHigh = reader.fixed32()
          break
        case 0x41: // end_time_unix_nano
          this.endLow = reader.fixed32()
          this.endHigh = reader.fixed32()
          break
        case 0x4a: // attributes
          if (this.traceIdAt.length === 0) fault = this.#readDoubtful(reader) ?? fault
          else this.attributes.read(reader)
          break
        case 0x5a: // events
          this.events.push(readPart(reader, { timeNs: 0n, name: '', attributes: new Map() }, EVENT))
          break
        case 0x6a: // links
          this.links.push(readPart(reader, { traceId: '', spanId: '', traceState: '', attributes: new Map() }, LINK))
          break
        case 0x7a: // status
          this.#readStatus(reader)
          break
        default:
          reader.skip(tag)
      }
    }
    if (fault !== null && this.traceIdAt.length !== 0) throw fault
    reader.leave(outer)
  }

  #begin(bytes: Buffer): void {
    this.bytes = bytes
    this.traceIdAt.clear()
    this.spanIdAt.clear()
    this.parentIdAt.clear()
    this.nameAt.clear()
    this.namePair = undefined
    this.traceStateAt.clear()
    this.statusMessageAt.clear()
    this.kind = this.statusCode = this.startLow = this.startHigh = this.endLow = this.endHigh = 0
    this.attributes.begin(bytes)
    if (this.events.length > 0) this.events = []
    if (this.links.length > 0) this.links = []
  }

  /**
   * Field 9 of a span is an attribute, of a log record its trace id. Where no trace id came before it, 16 bytes that are no
   * attribute are skipped and the fault handed back: a span that stays without trace id is refused alone, not its whole request.
   */
  #readDoubtful(reader: Reader): BadBody | null {
    const { position, limit, depth, notes } = reader
    const { stringIndexes } = notes
    const length = reader.length()
    const end = reader.position + length
    reader.position = position
    try {
      this.attributes.read(reader)
      return null
    } catch (error) {
      if (!(error instanceof BadBody) || length !== TRACE_ID_BYTES) throw error
      Object.assign(reader, { position: end, limit, depth })
      notes.stringIndexes = stringIndexes
      return error
    }
  }

  #readName(reader: Reader): void {
    this.nameAt.read(reader)
    const { start, end } = this.nameAt
    this.namePair = this.#names.find(reader.words, start, end)
    if (this.namePair === undefined && this.#names.comesAgain(start, end)) {
      this.namePair = this.#names.add(reader.bytes, start, end, this.#nameKey, this.nameAt.of(reader.bytes))
    }
  }

  #readStatus(reader: Reader): void {
    const outer = reader.enter()
    while (reader.more()) {
      const tag = reader.tag()
      if (tag === 0x12 /* message */) this.statusMessageAt.read(reader)
      else if (tag === 0x18 /* code */) this.statusCode = reader.int32()
      else reader.skip(tag)
    }
    reader.leave(outer)
  }
}

const EVENT = fieldsOf<SpanEvent>({
  9: set('timeNs', fixed64), // time_unix_nano
  18: set('name', string), // name
  26: (reader, { attributes }) => readAttribute(reader, attributes), // attributes
})

const LINK = fieldsOf<SpanLink>({
  10: set('traceId', hex), // trace_id
  18: set('spanId', hex), // span_id
  26: set('traceState', string), // trace_state
  34: (reader, { attributes }) => readAttribute(reader, attributes), // attributes
})
