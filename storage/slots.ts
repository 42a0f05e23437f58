/** Too many callers wait already; asking again later is right. */
export class SlotsFullError extends Error {
  override readonly name = 'SlotsFullError'
}

export interface SlotLimits {
  /** Pieces of work at once. */
  size: number
  /** Pieces that may wait. */
  queue: number
  /** The same for each caller; as much as there is unless said. */
  callerSize?: number
  callerQueue?: number
}

export interface Slots {
  /**
   * Runs `work` when a slot is free; rejects with SlotsFullError when too many wait already.
   * @param caller shares its own limits with nobody
   * @param signal aborted while the work waits, it gives up its place and rejects with the reason
   */
  run<T>(work: () => Promise<T>, by?: { caller?: string; signal?: AbortSignal }): Promise<T>
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>
  busy(): number
}

interface Waiting {
  caller: string
  start(): void
}

/** Bounded work: so much at once, so much waiting, in order of arrival among the callers that are below their limit. */
export function createSlots({ size, queue, callerSize = size, callerQueue = queue }: SlotLimits): Slots {
  const waiting: Waiting[] = []
  const watchers: (() => void)[] = []
  const running = new Map<string, number>()
  let busy = 0

  const runningOf = (caller: string) => running.get(caller) ?? 0
  const mayStart = (caller: string) => busy < size && runningOf(caller) < callerSize

  function take(caller: string) {
    busy++
    running.set(caller, runningOf(caller) + 1)
  }

  function release(caller: string) {
    busy--
    const left = runningOf(caller) - 1
    if (left === 0) running.delete(caller)
    else running.set(caller, left)
    const next = waiting.findIndex((one) => mayStart(one.caller))
    if (next >= 0) waiting.splice(next, 1)[0]?.start()
    if (busy === 0 && waiting.length === 0) for (const watcher of watchers.splice(0)) watcher()
  }

  function wait(caller: string, signal?: AbortSignal): Promise<void> {
    const own = waiting.filter((one) => one.caller === caller).length
    if (waiting.length >= queue || own >= callerQueue)
      throw new SlotsFullError(`${busy} run and ${waiting.length} wait already`)
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        caller,
        start: () => {
          signal?.removeEventListener('abort', leave)
          // Here and not when the promise goes on, so that nobody takes the place in between.
          take(caller)
          resolve()
        },
      }
      const leave = () => {
        const place = waiting.indexOf(entry)
        if (place >= 0) waiting.splice(place, 1)
        reject(signal?.reason)
      }
      waiting.push(entry)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  return {
    async run(work, { caller = '', signal } = {}) {
      signal?.throwIfAborted()
      if (mayStart(caller)) take(caller)
      else await wait(caller, signal)
      try {
        return await work()
      } finally {
        release(caller)
      }
    },
    idle: () =>
      busy === 0 && waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => watchers.push(resolve)),
    busy: () => busy + waiting.length,
  }
}
