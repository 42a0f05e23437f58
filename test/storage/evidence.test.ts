import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallSelection, Indicator } from '../../slo/model.ts'
import { readEvidence } from '../../storage/evidence.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type CallRow, callRow, storeCalls } from './calls.ts'

const T0 = Date.parse('2026-01-01T12:00:00Z')
const MINUTE_MS = 60_000
const RANGE = { from: new Date(T0), to: new Date(T0 + 10 * MINUTE_MS) }

const FAILED: CallSelection['outcome'] = { in: ['timeout', 'server_error', 'connection'] }

function availability(fields: CallSelection['fields'], direction: CallSelection['direction']): Indicator {
  const total: CallSelection = {
    source: 'calls',
    fields,
    attributes: {},
    direction,
    synthetic: false,
    outcome: { notIn: [] },
    latency: null,
  }
  return {
    source: 'calls',
    name: 'availability',
    numerator: { counts: 'bad', selection: { ...total, outcome: FAILED } },
    total,
  }
}

const traceId = (n: number) => n.toString(16).padStart(32, '0')
let spans = 0

type Row = CallRow & { parent_span_id: string }
const call = (minute: number, trace: number, row: Partial<Row> = {}): Row => ({
  parent_span_id: '',
  ...callRow({ ts: T0 + minute * MINUTE_MS + trace, trace_id: traceId(trace), span_id: `span-${++spans}`, ...row }),
})

let store: TestDatabase
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

describe('evidence of an outbound SLO', () => {
  test('names the dependency its bad calls went to, the outcome it mostly showed, and the services that suffer', async () => {
    const service = 'outbound'
    await storeCalls(
      store.db,
      [
        call(1, 1, { service, dependency: 'slow-pay', outcome: 'timeout' }),
        call(2, 2, { service, dependency: 'slow-pay', outcome: 'timeout' }),
        call(3, 3, { service, dependency: 'slow-pay', outcome: 'connection' }),
        call(4, 4, { service, dependency: 'fine-pay', outcome: 'server_error' }),
        call(5, 5, { service, dependency: 'fine-pay' }),
        call(5, 6, { service: 'basket', dependency: 'slow-pay', outcome: 'timeout' }),
        call(5, 7, { service: 'reports', dependency: 'slow-pay', outcome: 'ok' }),
      ],
      'outbound',
    )
    const evidence = await readEvidence(store.db, availability({ service: { in: [service] } }, 'outbound'), RANGE)
    expect(evidence).toEqual({
      suspect: { dependency: 'slow-pay', outcome: 'timeout', bad: 2, share: 0.5 },
      impact: ['outbound', 'basket'],
      exemplars: [traceId(4), traceId(3), traceId(2)],
    })
  })

  test('weighs sampled calls by what they stand for', async () => {
    const service = 'sampled'
    await storeCalls(
      store.db,
      [
        call(1, 11, { service, dependency: 'rare', outcome: 'timeout', weight: 30 }),
        call(1, 12, { service, dependency: 'often', outcome: 'timeout', weight: 5 }),
        call(1, 13, { service, dependency: 'often', outcome: 'timeout', weight: 5 }),
      ],
      'sampled',
    )
    const { suspect } = await readEvidence(store.db, availability({ service: { in: [service] } }, 'outbound'), RANGE)
    expect(suspect).toEqual({ dependency: 'rare', outcome: 'timeout', bad: 30, share: 0.75 })
  })

  test('is empty when nothing failed in the window', async () => {
    const service = 'elsewhen'
    await storeCalls(store.db, [call(11, 21, { service, outcome: 'timeout' })], 'elsewhen')
    expect(await readEvidence(store.db, availability({ service: { in: [service] } }, 'outbound'), RANGE)).toEqual({
      suspect: null,
      impact: [],
      exemplars: [],
    })
  })

  test('gives each trace once, whatever failed in it', async () => {
    const service = 'retrying'
    await storeCalls(
      store.db,
      [1, 1, 1, 2].map((trace) => call(1, 30 + trace, { service, outcome: 'timeout' })),
      'retrying',
    )
    const { exemplars } = await readEvidence(store.db, availability({ service: { in: [service] } }, 'outbound'), RANGE)
    expect(exemplars).toEqual([traceId(32), traceId(31)])
  })
})

describe('evidence of an inbound SLO', () => {
  const inbound = (trace: number, row: Partial<Row>) => call(1, trace, { direction: 'inbound', dependency: '', ...row })

  test('finds the dependency that failed inside the traces of its bad calls', async () => {
    const service = 'front'
    await storeCalls(
      store.db,
      [
        inbound(41, { service, outcome: 'server_error' }),
        call(1, 41, { service, dependency: 'acme-pay', outcome: 'timeout' }),
        inbound(42, { service, outcome: 'server_error' }),
        call(1, 42, { service, dependency: 'acme-pay', outcome: 'timeout' }),
        inbound(43, { service, outcome: 'server_error' }),
        inbound(44, { service, outcome: 'server_error' }),
        call(1, 44, { service, dependency: 'mail', outcome: 'throttled' }),
        inbound(45, { service, outcome: 'ok' }),
        call(1, 45, { service, dependency: 'mail', outcome: 'throttled' }),
      ],
      'front',
    )
    const evidence = await readEvidence(store.db, availability({ service: { in: [service] } }, 'inbound'), RANGE)
    expect(evidence.suspect).toEqual({ dependency: 'acme-pay', outcome: 'timeout', bad: 2, share: 0.5 })
    expect(evidence.exemplars).toEqual([traceId(44), traceId(43), traceId(42)])
  })

  test('passes through a callee that failed itself', async () => {
    await storeCalls(
      store.db,
      [
        inbound(51, { service: 'shop', outcome: 'server_error' }),
        call(1, 51, { service: 'shop', dependency: 'payments', outcome: 'server_error', span_id: 'shop-payments' }),
        inbound(51, { service: 'payments', outcome: 'server_error', parent_span_id: 'shop-payments' }),
        call(1, 51, { service: 'payments', dependency: 'bank', outcome: 'connection' }),
      ],
      'shop',
    )
    const { suspect } = await readEvidence(store.db, availability({ service: { in: ['shop'] } }, 'inbound'), RANGE)
    expect(suspect).toEqual({ dependency: 'bank', outcome: 'connection', bad: 1, share: 1 })
  })

  test('blames nobody when the service failed by itself', async () => {
    await storeCalls(store.db, [inbound(61, { service: 'lonely', outcome: 'server_error' })], 'lonely')
    const evidence = await readEvidence(store.db, availability({ service: { in: ['lonely'] } }, 'inbound'), RANGE)
    expect(evidence).toEqual({ suspect: null, impact: [], exemplars: [traceId(61)] })
  })
})
