import { Counter, type Registry } from 'prom-client'
import type { Log } from './log.ts'

export type Door = 'api' | 'clickhouse' | 'otlp_http' | 'otlp_grpc' | 'collector_metrics'

/** A request without a token that is known and may do what it asks. */
export interface Refusal {
  door: Door
  /** No token came, one that nobody knows, or one without the scope. */
  reason: 'missing' | 'unknown' | 'scope'
  /** Of the peer; what a proxy says of its clients is anyone's word. */
  address: string
  /** Name of the token that lacks the scope. */
  token?: string
}

/** What a refusal leaves in the audit log, once a minute for an address and a reason. */
export type AuditRefusal = (refusal: Refusal, times: number) => Promise<void>

/** Takes note; true when this address has sent so many unknown tokens lately that it should wait before it tries another. */
export type RefusedAccess = (refusal: Refusal) => boolean

/** A mistyped token in a fleet's configuration comes from many addresses; nobody types twenty in a minute. */
const UNKNOWN_PER_MINUTE = 20
const MINUTE_MS = 60_000
/** Addresses and reasons remembered at once, so that inventing addresses costs no memory. */
const MAX_KEYS = 1_000

interface Note {
  since: number
  times: number
}

/**
 * Counts requests refused for want of a token, logs and audits them at most once a minute for an address and a reason, and says
 * when an address is over its limit. A known token passes all the same: many senders may share the address of a proxy.
 */
export function createRefusedAccess({
  registry,
  log,
  audit,
  now = Date.now,
}: {
  registry: Registry
  log: Log
  audit: AuditRefusal
  now?: () => number
}): RefusedAccess {
  const counter = counterOf(registry)
  const notes = new Map<string, Note>()
  return (refusal) => {
    const { door, reason, address, token } = refusal
    const key = `${address} ${door} ${reason}`
    const at = now()
    const last = notes.get(key)
    const isFresh = last === undefined || at - last.since >= MINUTE_MS
    const note = isFresh ? { since: at, times: 1 } : { since: last.since, times: last.times + 1 }
    notes.delete(key)
    notes.set(key, note)
    if (notes.size > MAX_KEYS) notes.delete(notes.keys().next().value!)
    const isOver = reason === 'unknown' && note.times > UNKNOWN_PER_MINUTE
    counter.inc({ door, reason: isOver ? 'limited' : reason })
    if (isFresh) {
      const times = (last?.times ?? 0) + 1
      log.warn({ door, reason, address, ...(token && { token }), requestsSinceLastLine: times }, WORDS[reason])
      if (reason !== 'missing')
        audit(refusal, times).catch((err: unknown) => log.error({ err }, 'a refused token could not be audited'))
    }
    return isOver
  }
}

const WORDS = {
  missing: 'a request without a token was refused',
  unknown: 'a request with an unknown token was refused',
  scope: 'a request was refused because its token lacks the scope',
} as const

const NAME = 'plumbline_access_refused_total'

/** One for all doors of a process. */
function counterOf(registry: Registry): Counter<'door' | 'reason'> {
  const known = registry.getSingleMetric(NAME)
  if (known !== undefined) return known as Counter<'door' | 'reason'>
  return new Counter({
    name: NAME,
    help: 'Requests refused for want of a token, by door and reason; limited: too many unknown tokens from one address',
    labelNames: ['door', 'reason'],
    registers: [registry],
  })
}
