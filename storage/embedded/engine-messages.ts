/** What the engine's process tells its parent; `alive` says that the engine answered a query just now. */
export type FromEngine =
  | { type: 'ready'; port: number }
  | { type: 'alive' }
  | { type: 'failed'; code: string; message: string }

/** What the parent tells the engine's process: drain for so long, then stop what still runs, close, exit. */
export type ToEngine = { type: 'stop'; drainMs: number }
