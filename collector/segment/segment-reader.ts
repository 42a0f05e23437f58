import { type FileHandle, open } from 'node:fs/promises'
import { DiskFault, onDisk } from './disk-fault.ts'
import type { Range, Source } from './scan.ts'

/** Read at once: a segment is longer, and must not fill memory. */
const WINDOW_BYTES = 2 ** 20
/** Ranges so near to each other cost less in one read than in two. */
const NEAR_BYTES = 16 * 1024

/** A segment file, read through a window of a mebibyte. Every failure is a `DiskFault`. */
export class SegmentReader implements Source {
  readonly length: number
  readonly #path: string
  readonly #handle: FileHandle
  /** What was read last, for scanning; `pieces` has memory of its own. */
  #window: Buffer = Buffer.alloc(0)
  #start = 0
  #memory: Buffer | undefined

  private constructor(path: string, handle: FileHandle, length: number) {
    this.#path = path
    this.#handle = handle
    this.length = length
  }

  /** `trusted`: bytes that count; what is behind them is as if it were not there. */
  static open(path: string, trusted = Number.POSITIVE_INFINITY): Promise<SegmentReader> {
    return onDisk(`read ${path}`, async () => {
      const handle = await open(path, 'r')
      try {
        const { size } = await handle.stat()
        return new SegmentReader(path, handle, Math.min(size, trusted))
      } catch (error) {
        await handle.close()
        throw error
      }
    })
  }

  async read(from: number, bytes: number): Promise<Buffer> {
    const end = Math.min(from + bytes, this.length)
    if (from < this.#start || end > this.#start + this.#window.length) {
      this.#memory ??= Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(WINDOW_BYTES, this.length)))
      this.#window = await this.#readAt(from, this.#memory)
      this.#start = from
    }
    return this.#window.subarray(from - this.#start)
  }

  /**
   * What stands in these ranges, which are in order: each time what one read brought. With `isReadAtOnce` that is valid until
   * the next is asked for.
   */
  async *pieces(ranges: readonly Range[], isReadAtOnce = false): AsyncGenerator<Buffer[]> {
    let memory: Buffer | undefined
    for (const group of together(ranges)) {
      const start = group[0]!.from
      const length = group.at(-1)!.to - start
      const target = memory ?? Buffer.allocUnsafeSlow(isReadAtOnce ? WINDOW_BYTES : length)
      if (isReadAtOnce) memory = target
      const read = await this.#readAt(start, target.subarray(0, length))
      if (read.length < length) throw new DiskFault(`cannot read ${this.#path}: it became shorter`)
      yield group.map(({ from, to }) => read.subarray(from - start, to - start))
    }
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => {})
  }

  /** Fills `buffer`, or as much of it as there is in the file. */
  #readAt(from: number, buffer: Buffer): Promise<Buffer> {
    return onDisk(`read ${this.#path}`, async () => {
      const wanted = Math.max(0, Math.min(buffer.length, this.length - from))
      let length = 0
      while (length < wanted) {
        const { bytesRead } = await this.#handle.read(buffer, length, wanted - length, from + length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      return buffer.subarray(0, length)
    })
  }
}

/** Groups that are read at once: near each other, and together no longer than a window. */
function* together(ranges: readonly Range[]): Generator<Range[]> {
  let group: Range[] = []
  for (const range of ranges.flatMap((whole) => [...cut(whole)])) {
    const [first] = group
    const isFar = range.from - (group.at(-1)?.to ?? 0) > NEAR_BYTES
    if (first !== undefined && (isFar || range.to - first.from > WINDOW_BYTES)) {
      yield group
      group = []
    }
    group.push(range)
  }
  if (group.length > 0) yield group
}

function* cut({ from, to }: Range): Generator<Range> {
  for (let at = from; at < to; at += WINDOW_BYTES) yield { from: at, to: Math.min(at + WINDOW_BYTES, to) }
}
