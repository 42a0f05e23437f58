/** A body that arrives in pieces, read in lengths that its format says. */
export interface BodyReader {
  /** Exactly so many bytes. */
  read(bytes: number): Promise<Buffer>
  /** Whether nothing follows. */
  ended(): Promise<boolean>
}

/** `cutShort` is the error of a body that ends inside of what is read. */
export function readerOf(body: AsyncIterable<Uint8Array>, cutShort: () => Error): BodyReader {
  const pieces = body[Symbol.asyncIterator]()
  let buffered = Buffer.alloc(0)
  async function fill(bytes: number): Promise<boolean> {
    const more: Uint8Array[] = [buffered]
    let length = buffered.length
    while (length < bytes) {
      const next = await pieces.next()
      if (next.done) break
      more.push(next.value)
      length += next.value.length
    }
    if (more.length > 1) buffered = Buffer.concat(more)
    return buffered.length >= bytes
  }
  return {
    async read(bytes) {
      if (!(await fill(bytes))) throw cutShort()
      const taken = buffered.subarray(0, bytes)
      buffered = buffered.subarray(bytes)
      return taken
    },
    ended: async () => !(await fill(1)),
  }
}
