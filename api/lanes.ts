import type { Context, MiddlewareHandler } from 'hono'
import { createSlots, type SlotLimits } from '../storage/slots.ts'

/** The token a request came with, else the address it came from: what limits by caller go by. */
function callerOf(c: Context): string {
  const incoming = (c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming
  return c.get('caller') ?? incoming?.socket?.remoteAddress ?? ''
}

/** Who asks for work that may wait, and until when. */
export interface Asking {
  /** Shares its own limits with nobody. */
  caller: string
  signal: AbortSignal
}

export const askingOf = (c: Context): Asking => ({ caller: callerOf(c), signal: c.req.raw.signal })

/** Bounds requests that run and wait; beyond that they are answered 429. A caller that goes away gives up its place. */
export function lane(limits: SlotLimits): MiddlewareHandler {
  const slots = createSlots(limits)
  return async (c, next) => {
    await slots.run(() => next(), askingOf(c))
  }
}
