import { RecentSpans } from './recent-spans.ts'
import { WaitingCalls } from './waiting-calls.ts'

/** Requests are numbered in so many bits, and then from the beginning again. */
const REQUEST_BITS = 30

/** What one request added to the memory, to be taken back when it does not become durable. */
export interface Remembered {
  request: number
  /** Numbers of its spans: [from, to). */
  from: number
  to: number
  /** Positions of its calls that wait for their parents. */
  waiting: number[]
  /** What was made of it depends on a request that is not durable yet. */
  isBuiltOnSand: boolean
}

export interface MemoryOptions {
  spans: number
  callBytes: number
}

export const DEFAULT_MEMORY: MemoryOptions = { spans: 2 ** 20, callBytes: 32 * 1024 * 1024 }

/**
 * What is remembered of the spans taken last, so that each counts once however they are cut into requests: a span that comes
 * again is dropped, and a call whose parent comes in another request is recognised as nested.
 */
export class SpanMemory {
  readonly recent: RecentSpans
  readonly waiting: WaitingCalls
  /** Requests whose rows are not durable yet, oldest first; none of these promises rejects. */
  readonly #inFlight = new Map<number, Promise<boolean>>()
  #requests = 0
  now = 0

  constructor({ spans, callBytes }: MemoryOptions = DEFAULT_MEMORY) {
    this.recent = new RecentSpans(spans)
    this.waiting = new WaitingCalls(callBytes)
  }

  /** A request begins. */
  begin(now = Date.now()): Remembered {
    this.now = now
    this.#requests = (this.#requests + 1) % 2 ** REQUEST_BITS
    this.recent.mark(now)
    const { next } = this.recent
    return { request: this.#requests, from: next, to: next, waiting: [], isBuiltOnSand: false }
  }

  /** Something of that request was found and made use of. */
  uses(remembered: Remembered, request: number): void {
    if (request !== remembered.request && this.#inFlight.has(request)) remembered.isBuiltOnSand = true
  }

  /** As if the request had never come. */
  forget({ from, to, waiting }: Remembered): void {
    this.recent.forget(from, to)
    this.waiting.forget(waiting)
  }

  /** What the request added holds when `stored` resolves, and is forgotten when that rejects. */
  async settle<T>(remembered: Remembered, stored: Promise<T>): Promise<T> {
    const { request } = remembered
    const outcome = stored.then(
      () => true,
      () => {
        this.forget(remembered)
        return false
      },
    )
    this.#inFlight.set(request, outcome)
    await outcome
    this.#inFlight.delete(request)
    return stored
  }

  levels(now = Date.now()) {
    return {
      rememberedSpans: this.recent.size,
      spansWindow: this.recent.windowMs(now) / 1000,
      callsWindow: this.waiting.windowMs(now) / 1000,
    }
  }

  /** Resolves when all requests in flight are settled, to whether all of them became durable. */
  async othersStored(): Promise<boolean> {
    return (await Promise.all(this.#inFlight.values())).every(Boolean)
  }
}

/** A number that stands for a name: two names share one in one of four thousand million cases. Never 0. */
export function dependencyNumber(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0 || 1
}
