/** What a request was answered with; a repeated one gets the same. */
export interface Answer {
  accepted: number
  /** Taken before, and not stored again; not among the accepted. */
  duplicates: number
  rejected: number
  /** For the sender; '' when everything was accepted as it came. */
  message: string
}

interface Entry {
  answer: Promise<Answer>
  seenAt: number
}

/** A repeated request is recognised for this long; milliseconds. */
export const REPEAT_WINDOW_MS = 10 * 60_000
/** About 40 MB at most. */
const MAX_ENTRIES = 200_000

/**
 * Requests of the last ten minutes by digest: a client that lost our answer sends the same bytes again. A repeat that
 * arrives before the first is durable waits for the same commit.
 */
export class SeenRequests {
  readonly #entries = new Map<string, Entry>()

  find(digest: string, now: number): Promise<Answer> | undefined {
    const entry = this.#entries.get(digest)
    return entry && now - entry.seenAt < REPEAT_WINDOW_MS ? entry.answer : undefined
  }

  /** Remembers the request unless its answer turns out to be a failure. */
  add(digest: string, answer: Promise<Answer>, now: number): void {
    this.#entries.delete(digest)
    this.#entries.set(digest, { answer, seenAt: now })
    answer.catch(() => {
      if (this.#entries.get(digest)?.answer === answer) this.#entries.delete(digest)
    })
    for (const [oldest, { seenAt }] of this.#entries) {
      if (this.#entries.size <= MAX_ENTRIES && now - seenAt < REPEAT_WINDOW_MS) break
      this.#entries.delete(oldest)
    }
  }
}
