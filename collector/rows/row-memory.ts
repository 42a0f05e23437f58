import { BodyTooLarge } from '../bad-body.ts'

// Hot path: rows are made in blocks that go to the disk as they are and come back, so that a busy collector allocates little
// and holds what its budget says. `test/bench/overload.ts` and `test/bench/ingest.ts` measure it.

export const BLOCK_BYTES = 256 * 1024
/** Free blocks kept for the next requests; 16 MiB. */
const KEPT_BLOCKS = 64
/** Rows of one request, all tables. A small body can ask for far more: every row repeats its resource. */
export const MAX_ROW_BYTES = 64 * 1024 * 1024

/** Blocks for the rows of one request after another. */
export class RowMemory {
  readonly #free: Buffer[] = []
  #used = 0
  #charge: (bytes: number) => void = () => {}

  /** A new request begins, whose bytes are told to `charge` block by block; it throws when they are too many. */
  begin(charge: (bytes: number) => void = () => {}): void {
    this.#used = 0
    this.#charge = charge
  }

  /** Counts a filled block; throws `BodyTooLarge`, or whatever `charge` throws. */
  count(bytes: number): void {
    this.#used += bytes
    if (this.#used > MAX_ROW_BYTES) {
      throw new BodyTooLarge(`its rows need more than ${MAX_ROW_BYTES} bytes; send smaller batches`)
    }
    this.#charge(bytes)
  }

  block(bytes: number): Buffer {
    if (bytes > MAX_ROW_BYTES) this.count(bytes)
    if (bytes > BLOCK_BYTES) return Buffer.allocUnsafeSlow(bytes)
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
  }

  /** Takes blocks back that nobody reads any more: some are kept, the memory of the others is freed at once. */
  give(parts: readonly Buffer[]): void {
    for (const { buffer } of parts) {
      if (buffer.byteLength === BLOCK_BYTES && this.#free.length < KEPT_BLOCKS) this.#free.push(Buffer.from(buffer))
      else if (buffer.byteLength >= BLOCK_BYTES && buffer instanceof ArrayBuffer) buffer.transfer(0)
    }
  }
}
