import type { Reader } from './reader.ts'
import { CACHED_BYTES, cachedText } from './text-cache.ts'

// Hot path: `test/bench/span-to-call.ts` measures it.

/** A place in the body; its text is made when it is asked for. */
export class TextAt {
  start = 0
  end = 0
  #text: string | undefined = ''

  clear(): void {
    this.start = this.end = 0
    this.#text = ''
  }

  /** Takes note of the string at the cursor. */
  read(reader: Reader): void {
    const length = reader.length()
    this.start = reader.position
    reader.position += length
    this.end = reader.position
    this.#text = length === 0 ? '' : undefined
  }

  isEmpty(): boolean {
    return this.start === this.end
  }

  of(bytes: Buffer): string {
    if (this.#text === undefined) {
      const { start, end } = this
      this.#text = end - start <= CACHED_BYTES ? cachedText(bytes, start, end) : bytes.toString('utf8', start, end)
    }
    return this.#text
  }
}

/** An id of any length as it was sent: where it stands. */
export class IdAt {
  start = 0
  length = 0

  clear(): void {
    this.start = this.length = 0
  }

  /** Takes note of the bytes at the cursor. */
  read(reader: Reader): void {
    this.length = reader.length()
    this.start = reader.position
    reader.position += this.length
  }

  /** Right length and not all zeros. */
  isId(bytes: Buffer, length: number): boolean {
    if (this.length !== length) return false
    for (let i = this.start; i < this.start + length; i++) if (bytes[i] !== 0) return true
    return false
  }

  hex(bytes: Buffer): string {
    return bytes.toString('hex', this.start, this.start + this.length)
  }
}
