// Hot path: `test/bench/span-to-call.ts` measures it.

const MAX_TEXTS = 4096
/** Longer texts are not told apart: they would have to be kept. */
const MAX_CHARS = 1024
const SEEN_ONCE = 0

/** Numbers for texts that come again: what is found by them is found for the text. */
export class TextIds {
  readonly #ids = new Map<string, number>()
  #last = 0

  /** Its own for as long as it is known, and never another's; undefined the first time. */
  of(text: string): number | undefined {
    const known = this.#ids.get(text)
    if (known !== undefined && known !== SEEN_ONCE) return known
    if (text.length > MAX_CHARS) return undefined
    if (this.#ids.size >= MAX_TEXTS) this.#ids.clear()
    this.#ids.set(text, known === undefined ? SEEN_ONCE : ++this.#last)
    return known === undefined ? undefined : this.#last
  }
}
