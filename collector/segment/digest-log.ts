import { open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** u64 milliseconds, then the SHA-256 of the request. */
const RECORD_BYTES = 40
const NAME = /^digests-(\d+)$/

export interface SeenDigest {
  digest: Buffer
  /** Milliseconds. */
  at: number
}

/**
 * Digests of requests whose segments are stored and deleted, so that a repeat is recognised after a restart too.
 * Kept in files that each cover one window; a new process begins a new file, so a torn last record spoils nothing after it.
 */
export class DigestLog {
  readonly #folder: string
  readonly #windowMs: number
  readonly #sync: boolean
  #startedAt = 0

  constructor({ folder, windowMs, sync }: { folder: string; windowMs: number; sync: boolean }) {
    this.#folder = folder
    this.#windowMs = windowMs
    this.#sync = sync
  }

  async append(digests: Buffer[], at: number, now = Date.now()): Promise<void> {
    if (now - this.#startedAt >= this.#windowMs) {
      this.#startedAt = now
      await this.#deleteOld(now)
    }
    const records = Buffer.alloc(digests.length * RECORD_BYTES)
    digests.forEach((digest, i) => {
      records.writeBigUInt64LE(BigInt(at), i * RECORD_BYTES)
      digest.copy(records, i * RECORD_BYTES + 8)
    })
    const handle = await open(join(this.#folder, `digests-${this.#startedAt}`), 'a')
    try {
      await handle.appendFile(records)
      if (this.#sync) await handle.datasync()
    } catch (error) {
      // A record may be torn now, for instance by a full disk: what follows begins a new file.
      this.#startedAt = 0
      throw error
    } finally {
      await handle.close()
    }
  }

  /** Everything recorded within the window before `now`, oldest first. */
  async read(now = Date.now()): Promise<SeenDigest[]> {
    const seen: SeenDigest[] = []
    for (const { path } of await this.#files()) {
      const bytes = await readFile(path)
      for (let from = 0; from + RECORD_BYTES <= bytes.length; from += RECORD_BYTES) {
        const at = Number(bytes.readBigUInt64LE(from))
        if (now - at < this.#windowMs) seen.push({ digest: bytes.subarray(from + 8, from + RECORD_BYTES), at })
      }
    }
    return seen
  }

  async #deleteOld(now: number): Promise<void> {
    for (const { path, startedAt } of await this.#files()) {
      if (now - startedAt > 2 * this.#windowMs) await unlink(path)
    }
  }

  async #files(): Promise<{ path: string; startedAt: number }[]> {
    const names = await readdir(this.#folder)
    return names
      .flatMap((name) => {
        const startedAt = NAME.exec(name)?.[1]
        return startedAt ? [{ path: join(this.#folder, name), startedAt: Number(startedAt) }] : []
      })
      .sort((a, b) => a.startedAt - b.startedAt)
  }
}
