import { EngineError } from './engine-errors.ts'

export interface Slots {
  /** Runs `work` when one of the slots is free; refuses when too many wait already. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>
  busy(): number
}

/** At most `size` pieces of work at once and at most `queue` waiting; beyond it code 202 (TOO_MANY_SIMULTANEOUS_QUERIES). */
export function createSlots(size: number, queue: number): Slots {
  const waiting: (() => void)[] = []
  const watchers: (() => void)[] = []
  let busy = 0

  function release() {
    const next = waiting.shift()
    if (next) return next()
    busy--
    if (busy === 0) for (const watcher of watchers.splice(0)) watcher()
  }

  return {
    async run(work) {
      if (busy >= size) {
        if (waiting.length >= queue) {
          const text = `Too many simultaneous queries: ${size} run and ${queue} wait. Send fewer at once, or retry later`
          throw new EngineError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', text)
        }
        await new Promise<void>((resolve) => waiting.push(resolve))
      } else busy++
      try {
        return await work()
      } finally {
        release()
      }
    },
    idle: () => (busy === 0 ? Promise.resolve() : new Promise((resolve) => watchers.push(resolve))),
    busy: () => busy + waiting.length,
  }
}
