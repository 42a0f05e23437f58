import type { Log } from '../runtime/log.ts'
import type { Signal } from './signals.ts'

const INTERVAL_MS = 60_000

export type RejectionLog = (signal: Signal, records: number, message: string) => void

/** At most one line a minute and signal about refused data, with the number of lines it stands for. */
export function createRejectionLog(log: Log, now: () => number = Date.now): RejectionLog {
  const state = new Map<Signal, { at: number; silent: number }>()
  return (signal, records, message) => {
    const last = state.get(signal)
    if (last && now() - last.at < INTERVAL_MS) {
      last.silent++
      return
    }
    log.warn({ signal, records, requestsSinceLastLine: (last?.silent ?? 0) + 1 }, message)
    state.set(signal, { at: now(), silent: 0 })
  }
}
