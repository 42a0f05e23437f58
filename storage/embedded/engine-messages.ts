/** What the engine's process tells its parent; `alive` says that the engine answered a query just now. */
export type FromEngine =
  | { type: 'ready'; port: number }
  | { type: 'alive' }
  | { type: 'failed'; code: string; message: string }

/**
 * What the parent sends to the engine's process: first the secret that passwords are made from (null = none are asked
 * for), in the end to drain for so long, then stop what still runs, close, exit.
 */
export type ToEngine = { type: 'open'; secret: string | null } | { type: 'stop'; drainMs: number }
