/** What the engine's process tells its parent. */
export type FromEngine = { type: 'ready'; port: number } | { type: 'failed'; code: string; message: string }

/** What the parent tells the engine's process. */
export type ToEngine = { type: 'stop' }
