import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { EngineError } from './engine-errors.ts'

const MAX_FILE_BYTES = 4 * 2 ** 30

type Body = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

export interface SpoolFile extends AsyncDisposable {
  path: string
}

export interface Spool {
  /** Writes a body to a file of its own, piece by piece; disposing removes it. */
  write(body: Body): Promise<SpoolFile>
}

/** Bodies of inserts on their way into the engine; what an earlier process left behind is removed. */
export async function openSpool(dir: string): Promise<Spool> {
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true, mode: 0o700 })
  let last = 0
  return {
    async write(body) {
      const path = join(dir, String(++last))
      const remove = () => rm(path, { force: true })
      try {
        await pipeline(limited(body), createWriteStream(path, { mode: 0o600 }))
      } catch (error) {
        await remove()
        throw error
      }
      return { path, [Symbol.asyncDispose]: remove }
    },
  }
}

async function* limited(body: Body) {
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > MAX_FILE_BYTES) {
      throw new EngineError(307, 'TOO_MANY_BYTES', `The rows of one insert may have at most ${MAX_FILE_BYTES} bytes`)
    }
    yield piece
  }
}
