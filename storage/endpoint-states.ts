import { z } from 'zod'
import { type Db, query } from './query.ts'

/** What an endpoint is like, as the evaluator last saw it. */
export interface EndpointState {
  endpoint: string
  at: Date
  /** `open`: it failed so often that one message at a time tries it. */
  circuit: 'closed' | 'open'
  /** It answered that it is gone: it gets no new incidents. */
  disabled: boolean
  pending: number
  oldestPendingAt: Date | null
  /** Incidents it must hear the end of. */
  owedResolves: number
  /** Given up within 30 days. */
  deadLetters: number
  lastDeliveredAt: Date | null
  /** Of the last failed attempt; '' after a success. */
  lastError: string
}

const select = query({
  sql: `SELECT endpoint, at, circuit, disabled, pending, oldest_pending_at, owed_resolves, dead_letters, last_delivered_at,
      last_error FROM endpoint_states FINAL ORDER BY endpoint`,
  params: z.object({}),
  row: z
    .object({
      endpoint: z.string(),
      at: z.coerce.date(),
      circuit: z.enum(['closed', 'open']),
      disabled: z.boolean(),
      pending: z.number(),
      oldest_pending_at: z.coerce.date().nullable(),
      owed_resolves: z.number(),
      dead_letters: z.number(),
      last_delivered_at: z.coerce.date().nullable(),
      last_error: z.string(),
    })
    .transform(
      ({ oldest_pending_at, owed_resolves, dead_letters, last_delivered_at, last_error, ...row }): EndpointState => ({
        ...row,
        oldestPendingAt: oldest_pending_at,
        owedResolves: owed_resolves,
        deadLetters: dead_letters,
        lastDeliveredAt: last_delivered_at,
        lastError: last_error,
      }),
    ),
  settings: { date_time_output_format: 'iso' },
})

/** Every endpoint an evaluator ever told of, as it was last. */
export const readEndpointStates = (db: Db): Promise<EndpointState[]> => select(db, {})

/** Stores what endpoints are like; what was stored later counts. */
export async function recordEndpointStates(db: Db, states: readonly EndpointState[]): Promise<void> {
  if (states.length === 0) return
  await db.insert({
    table: 'endpoint_states',
    format: 'JSONEachRow',
    values: states.map((state) => ({
      endpoint: state.endpoint,
      at: state.at.toISOString(),
      circuit: state.circuit,
      disabled: state.disabled,
      pending: state.pending,
      oldest_pending_at: state.oldestPendingAt?.toISOString() ?? null,
      owed_resolves: state.owedResolves,
      dead_letters: state.deadLetters,
      last_delivered_at: state.lastDeliveredAt?.toISOString() ?? null,
      last_error: state.lastError,
    })),
  })
}
