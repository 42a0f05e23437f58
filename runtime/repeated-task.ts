/** How a task that repeats is doing, for whoever asks whether this process works. */
export class RepeatedTask {
  #failures = 0
  #reason = ''

  succeeded(): void {
    this.#failures = 0
  }

  failed(error: unknown): void {
    this.#failures += 1
    this.#reason = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
  }

  /** Why it keeps failing, in words; null while it does not. One failure is not yet a fault: the next run tries again. */
  fault(): string | null {
    return this.#failures < KEEPS_FAILING ? null : `the last ${this.#failures} runs failed: ${this.#reason}`
  }
}

const KEEPS_FAILING = 3
