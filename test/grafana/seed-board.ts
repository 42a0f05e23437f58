import { OUTCOMES } from '../../integration/outcome.ts'
import type { Slo } from '../../slo/model.ts'
import { measureMinutes } from '../../storage/indicator-minutes.ts'
import type { Db } from '../../storage/query.ts'
import { callRow, storeCalls } from '../storage/calls.ts'
import { evaluate, MINUTE, slo, storeDefinition, storeHeartbeats, storeIncident } from './seed.ts'

const PAST_MINUTES = 90
const DEPENDENCIES = ['acme-pay', 'swift-parcel'] as const

/** Promises about two dependencies; the second one is kept by every call. */
export const BOARD_SLOS: readonly Slo[] = DEPENDENCIES.map((dependency) => {
  const plain = slo(`${dependency}-availability`)
  const { total } = plain.indicator
  const selection = { ...total, fields: { service: { in: ['checkout'] }, dependency: { in: [dependency] } } }
  return {
    ...plain,
    indicator: {
      ...plain.indicator,
      numerator: { counts: 'bad', selection: { ...selection, outcome: { in: ['timeout', 'server_error'] } } },
      total: selection,
    },
  }
})

/**
 * A store with everything a board can show: two services calling two dependencies with every outcome and two versions,
 * measured SLOs, an open page, a resolved ticket and the messages about them.
 * @param end a whole minute: the watermark
 */
export async function seedBoard(db: Db, end: number): Promise<void> {
  const calls = Array.from({ length: PAST_MINUTES * 40 }, (_, n) => {
    const failing = n % 10 === 0
    return callRow({
      ts: end - PAST_MINUTES * MINUTE + n * 1_500,
      service: n % 4 === 0 ? 'cart' : 'checkout',
      dependency: DEPENDENCIES[n % 2]!,
      version: n < PAST_MINUTES * 20 ? '1.0.0' : '1.1.0',
      outcome: failing ? OUTCOMES[(n / 10) % OUTCOMES.length]! : 'ok',
      status: failing ? '500' : '200',
      duration_ns: 20_000_000 + (n % 100) * 1_000_000,
      span_id: n.toString(16).padStart(16, '0'),
    })
  })
  await storeCalls(db, calls, 'board')
  await storeHeartbeats(db, end, 5_000)
  for (const definition of BOARD_SLOS) await storeDefinition(db, definition, { at: end - 3_600_000 })
  const range = { from: new Date(end - PAST_MINUTES * MINUTE), to: new Date(end) }
  await measureMinutes(db, BOARD_SLOS, range, new Date(end))
  const name = BOARD_SLOS[0]!.name
  await storeIncident(db, { id: 'inc_open', slo: name, severity: 'page', state: 'open', startedAt: end - 20 * MINUTE })
  await storeIncident(db, {
    id: 'inc_over',
    slo: name,
    severity: 'ticket',
    state: 'resolved',
    startedAt: end - 60 * MINUTE,
    resolvedAt: end - 40 * MINUTE,
  })
  await evaluate(db, new Date(end))
  const at = new Date(end - 20 * MINUTE).toISOString()
  await db.insert({
    table: 'notifications',
    values: [
      {
        id: 'msg_1',
        endpoint: 'oncall',
        incident: 'inc_open',
        sequence: 1,
        event: 'firing',
        reason: 'first',
        severity: 'page',
        state: 'delivered',
        body: '{}',
        attempts: 1,
        first_attempt_at: at,
        next_attempt_at: at,
        last_status: 204,
        last_error: '',
        created_at: at,
        updated_at: at,
        revision: 2,
      },
    ],
    format: 'JSONEachRow',
  })
}
