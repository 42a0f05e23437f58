import { beforeEach, describe, expect, it } from 'vitest'
import { ALERT_NAMES } from '../../slo/alert/incident.ts'
import type { Slo } from '../../slo/model.ts'
import { previewSlo } from '../../storage/preview.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeat } from '../storage/calls.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { define, evaluatorOn, MINUTE_MS, storeMinutes, tickAt } from './evaluation.ts'
import { type Received, type Receiver, startReceiver } from './receiver.ts'

/**
 * The product runs over seeded minutes, one tick at the end of each; then the same minutes are backtested. Both must tell of
 * the same alerts, of every kind, at the same minutes.
 */

const T0 = Date.parse('2026-01-10T12:00:00Z')
const minute = (n: number) => T0 + n * MINUTE_MS
const HISTORY = 90

/** A window of a day, so that little is enough to spend its budget. */
const DAY_WINDOW = { kind: 'rolling', minutes: 1440, duration: '1d' } as const
const sloOf = (name: string, targetPpm: number): Slo =>
  sloWith({
    name,
    indicator: { ...sloWith().indicator, name },
    objective: {
      ...{ targetPpm, budgetPpm: 1_000_000 - targetPpm, method: 'occurrences', window: DAY_WINDOW, slice: null },
      noData: 'gap',
    },
    tiers: [
      { severity: 'page', longMinutes: 15, shortMinutes: 5, factor: 14.4 },
      { severity: 'ticket', longMinutes: 60, shortMinutes: 10, factor: 3 },
    ],
  })

let store: TestDatabase
let receiver: Receiver
beforeEach(async () => {
  store = await testDatabase()
  receiver = await startReceiver()
  return async () => {
    await receiver[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  }
})

/** Bad calls of 1,000 in each minute; null: no call at all, while the collector is alive. */
type Minutes = readonly (number | null)[]
const repeated = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

const TIMELINES: Record<string, { targetPpm: number; minutes: Minutes }> = {
  'an outage that spends the budget and ends': {
    targetPpm: 999_000,
    minutes: [...repeated(2, 0), ...repeated(4, 1000), ...repeated(20, 0)],
  },
  'a slow burn that is a ticket, then a page, then silence': {
    targetPpm: 990_000,
    minutes: [...repeated(10, 60), ...repeated(10, 250), ...repeated(14, null), ...repeated(12, 0)],
  },
}

/** `alert severity minute` of every alert that is listed as firing for the first time at its severity. */
function firstSaid(received: readonly Received[]): string[] {
  const said = new Set<string>()
  const lines: string[] = []
  for (const { body } of received) {
    const { alerts, plumbline } = JSON.parse(body)
    const at = Math.round((Date.parse(plumbline.data.watermark) - T0) / MINUTE_MS)
    for (const { status, labels } of alerts) {
      if (status !== 'firing' || plumbline.type !== 'incident.firing') continue
      const name = `${labels.slo}${labels.condition ? `#${labels.condition}` : ''} ${labels.severity}`
      if (!said.has(name)) lines.push(`${name} ${at}`)
      said.add(name)
    }
  }
  return lines.sort()
}

async function run(slo: Slo, timeline: Minutes): Promise<string[]> {
  const { db } = store
  await define(db, [slo], T0)
  await storeMinutes(db, minute(-HISTORY), repeated(HISTORY, 0))
  await storeHeartbeat(db, minute(0))
  const evaluator = evaluatorOn(db, { pager: receiver.url, desk: receiver.url, chat: receiver.url }, { kinds: OWN })
  await tickAt(evaluator, minute(0))
  for (const [n, bad] of timeline.entries()) {
    if (bad !== null) await storeMinutes(db, minute(n), [bad])
    await storeHeartbeat(db, minute(n + 1))
    await tickAt(evaluator, minute(n + 1))
  }
  return firstSaid(receiver.received)
}

/** What an SLO's own minutes decide; the others need calls, or are about Plumbline. */
const OWN = ALERT_NAMES.filter((kind) => /^SLO(BurnRate|BudgetSpent|Exhaustion)$|^TelemetryAbsent$/.test(kind))

describe('a backtest tells what the running product sent', { timeout: 240_000 }, () => {
  for (const [title, { targetPpm, minutes }] of Object.entries(TIMELINES)) {
    it(title, async () => {
      const slo = sloOf('checkout-pay', targetPpm)
      const sent = await run(slo, minutes)
      const now = new Date(minute(minutes.length))
      const { alerts } = await previewSlo(store.db, slo, { days: 1, now, stepMinutes: 60 })
      const told = alerts.map(
        ({ alert, severity, sentAt }) => `${alert} ${severity} ${(sentAt.getTime() - T0) / MINUTE_MS}`,
      )
      expect(told.sort()).toEqual(sent)
      expect(new Set(alerts.map(({ alertname }) => alertname)).size).toBeGreaterThan(1)
    })
  }
})
