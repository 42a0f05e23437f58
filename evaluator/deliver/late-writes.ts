import type { Log } from '../../runtime/log.ts'

type Write = () => Promise<void>

/** Writes of what happened already: one that the store does not take now, it gets later, in order. */
export class LateWrites {
  #waiting: Write[] = []
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  get areLeft(): boolean {
    return this.#waiting.length > 0
  }

  /** Never rejects. */
  async write(write: Write): Promise<void> {
    try {
      await write()
    } catch (error) {
      this.#log.error({ err: error }, 'delivery result not stored yet')
      this.#waiting.push(write)
    }
  }

  /** Tries again what was not taken before. Never rejects. */
  async flush(): Promise<void> {
    const writes = this.#waiting
    this.#waiting = []
    for (const write of writes) await this.write(write)
  }
}
