import { availableParallelism } from 'node:os'
import { createSlots, type Slots, SlotsFullError } from '../slots.ts'
import { ACCOUNTS, type Account } from './accounts.ts'
import { EngineError } from './engine-errors.ts'

/** Places of one account. Queries and inserts have places of their own, so that slow boards do not delay ingest. */
export interface Lane {
  reads: Slots
  writes: Slots
  /** What its queries may not exceed, whatever a request asks for. */
  settings: [string, string][]
  /** ClickHouse's `readonly` for all its requests. */
  readonly: number
}

export type Lanes = Record<Account, Lane>

interface Width {
  reads: number
  writes: number
  queue: number
}

/** What guests may keep busy together is half of the machine, each query on one thread. */
const GUESTS = Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2)))

/** No account takes the place of another: forty slow queries of guests leave the evaluator all of its own. */
const WIDTHS: Record<Account, Width> = {
  evaluator: { reads: 6, writes: 4, queue: 256 },
  collector: { reads: 1, writes: 4, queue: 256 },
  api: { reads: 4, writes: 4, queue: 256 },
  guests: { reads: GUESTS, writes: 0, queue: 32 },
  tools: { reads: 3, writes: 4, queue: 64 },
}

/** Each running query holds a thread of the process's pool; reading and writing of bodies needs some, too. */
export const POOL_THREADS = ACCOUNTS.reduce((sum, name) => sum + WIDTHS[name].reads + WIDTHS[name].writes, 8)

export function createLanes(memoryBytes: number): Lanes {
  const share = (parts: number) => String(Math.round(memoryBytes / parts))
  const laneOf = (account: Account, own: Partial<Lane> = {}): Lane => ({
    reads: createSlots({ size: WIDTHS[account].reads, queue: WIDTHS[account].queue }),
    writes: createSlots({
      size: WIDTHS[account].writes,
      queue: WIDTHS[account].writes === 0 ? 0 : WIDTHS[account].queue,
    }),
    settings: [],
    readonly: 0,
    ...own,
  })
  return {
    evaluator: laneOf('evaluator'),
    collector: laneOf('collector'),
    api: laneOf('api'),
    guests: laneOf('guests', {
      settings: [
        ['max_threads', '1'],
        ['max_memory_usage', share(4 * GUESTS)],
      ],
      readonly: 2,
    }),
    tools: laneOf('tools'),
  }
}

/** Runs work in a lane; code 202 when it is full, 394 when the caller is gone before it began. */
export async function inLane<T>(slots: Slots, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await slots.run(work, { signal })
  } catch (error) {
    if (error instanceof SlotsFullError) {
      const text = `Too many simultaneous queries: ${error.message}. Send fewer at once, or retry later`
      throw new EngineError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', text, { cause: error })
    }
    throw error
  }
}

/** Resolves when no lane runs or waits for anything. */
export async function lanesIdle(lanes: Lanes): Promise<void> {
  await Promise.all(Object.values(lanes).flatMap(({ reads, writes }) => [reads.idle(), writes.idle()]))
}
