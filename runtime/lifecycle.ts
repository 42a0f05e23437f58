import type { Log } from './log.ts'

/** What was started, stopped in reverse: register each stop on the line after the start. */
export class Stops {
  readonly #stops: { name: string; stop: () => Promise<void> | void }[] = []
  readonly #log: Log
  #stopping: Promise<void> | undefined

  constructor(log: Log) {
    this.#log = log
  }

  add(name: string, stop: () => Promise<void> | void): void {
    this.#stops.push({ name, stop })
  }

  /** Last in, first out; a stop that fails is logged and does not keep the others from stopping. Safe to call twice. */
  stopAll(): Promise<void> {
    this.#stopping ??= this.#run()
    return this.#stopping
  }

  async #run(): Promise<void> {
    for (const { name, stop } of this.#stops.reverse()) {
      try {
        await stop()
        this.#log.debug({ name }, 'stopped')
      } catch (error) {
        this.#log.error({ name, err: error }, 'did not stop cleanly')
      }
    }
  }
}
