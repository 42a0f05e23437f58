import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { createSlots } from '../storage/slots.ts'
import type { Asking } from './lanes.ts'
import { Problem } from './problem.ts'
import type { Answered, Asked, Tasks } from './strangers-worker.ts'

/** Who asks, and what the work may take once it runs where that is less than the thread's own limit. */
interface AskingFor extends Asking {
  withinMs?: number
}

/** Work on what strangers sent, in a thread of its own that can be killed; one piece at a time. */
export interface Strangers {
  run<T extends keyof Tasks>(by: AskingFor, task: T, ...given: Parameters<Tasks[T]>): Promise<ReturnType<Tasks[T]>>
}

const WORKER = new URL('./strangers-worker.ts', import.meta.url)
/** An idle thread gives its memory back. */
const IDLE_MS = 30_000
const MEMORY = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 }

interface Thread {
  worker: Worker
  /** Resolves once it takes work. */
  ready: Promise<unknown>
  idle?: NodeJS.Timeout
}

/** Starts no thread before there is work. @param limitMs what one piece may take */
export function createStrangers({ limitMs, queue = 16 }: { limitMs: number; queue?: number }): Strangers {
  const slots = createSlots({ size: 1, queue, callerQueue: queue / 2 })
  let thread: Thread | undefined

  function open(): Thread {
    if (thread) {
      clearTimeout(thread.idle)
      return thread
    }
    // Nothing of the environment, which may hold secrets.
    const worker = new Worker(WORKER, { env: {}, resourceLimits: MEMORY })
    worker.unref()
    const opened: Thread = { worker, ready: once(worker, 'message') }
    opened.ready.catch(() => undefined)
    worker.once('exit', () => {
      if (thread === opened) thread = undefined
    })
    thread = opened
    return opened
  }

  function kill(dead: Thread) {
    if (thread === dead) thread = undefined
    clearTimeout(dead.idle)
    void dead.worker.terminate()
  }

  function rest(resting: Thread) {
    resting.idle = setTimeout(() => kill(resting), IDLE_MS).unref()
  }

  async function answerOf(asked: Asked, withinMs: number): Promise<unknown> {
    const running = open()
    const { worker } = running
    await running.ready
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => end(tooLong(withinMs)), withinMs)
      function end(failure: Error) {
        settle()
        kill(running)
        reject(failure)
      }
      function settle() {
        clearTimeout(limit)
        worker.off('message', onMessage)
        worker.off('error', onError)
      }
      function onMessage(answered: Answered) {
        settle()
        rest(running)
        if ('done' in answered) resolve(answered.done)
        else reject(new Error(answered.failed))
      }
      const onError = (error: NodeJS.ErrnoException) =>
        end(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge() : error)
      worker.on('message', onMessage)
      worker.on('error', onError)
      worker.postMessage(asked)
    })
  }

  return {
    run: ({ caller, signal, withinMs = limitMs }, task, ...given) =>
      slots.run(() => answerOf({ task, given }, Math.max(1, Math.min(withinMs, limitMs))), { caller, signal }) as never,
  }
}

const tooLong = (ms: number) =>
  new Problem('too-costly', `It takes longer than ${Math.ceil(ms / 1000)} s: send less at once, or ask for less`)
const tooLarge = () => new Problem('too-costly', 'It takes too much memory: send less at once, or ask for less')
