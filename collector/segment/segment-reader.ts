import { open } from 'node:fs/promises'

/** Files longer than this are read into a buffer of their own. */
const KEPT_BYTES = 48 * 1024 * 1024

/** Reads one segment file after another into the same memory. */
export class SegmentReader {
  #buffer = Buffer.alloc(0)

  /** The file's content, valid until the next `read`. */
  async read(path: string): Promise<Buffer> {
    const handle = await open(path, 'r')
    try {
      const { size } = await handle.stat()
      const buffer = this.#bufferOf(size)
      let length = 0
      while (length < size) {
        const { bytesRead } = await handle.read(buffer, length, size - length, length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      return buffer.subarray(0, length)
    } finally {
      await handle.close()
    }
  }

  /** The content may still be on its way to somebody: the next file gets other memory. */
  abandon(): void {
    this.#buffer = Buffer.alloc(0)
  }

  #bufferOf(bytes: number): Buffer {
    if (bytes > KEPT_BYTES) return Buffer.allocUnsafeSlow(bytes)
    if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(bytes)
    return this.#buffer
  }
}
