import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Body, limitBytes } from './request-body.ts'

const MAX_FILE_BYTES = 4 * 2 ** 30

export interface SpoolFile extends AsyncDisposable {
  path: string
  bytes: number
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
      const file = createWriteStream(path, { mode: 0o600 })
      try {
        await pipeline(limitBytes(body, MAX_FILE_BYTES, 'The rows of one insert'), file)
      } catch (error) {
        await remove()
        throw error
      }
      return { path, bytes: file.bytesWritten, [Symbol.asyncDispose]: remove }
    },
  }
}
