import type { Doors } from './accounts.ts'

/** What the engine's process tells its parent; `alive` says that the engine answered a query just now. */
export type FromEngine =
  | { type: 'ready'; port: number }
  | { type: 'alive' }
  | { type: 'failed'; code: string; message: string }

/**
 * What the parent sends to the engine's process: first whom it lets in, in the end to drain for so long, then stop
 * what still runs, close, exit.
 */
export type ToEngine = { type: 'open'; doors: Doors } | { type: 'stop'; drainMs: number }
