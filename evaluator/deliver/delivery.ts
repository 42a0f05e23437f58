import { setTimeout } from 'node:timers/promises'
import type { Config } from '../../runtime/config-schema.ts'
import type { Log } from '../../runtime/log.ts'
import type { RouteNode } from '../../slo/overlay/route.ts'
import { clickhouseOutbox } from '../../storage/notifications.ts'
import type { Db } from '../../storage/query.ts'
import { readDefinitions } from '../../storage/slo-definitions.ts'
import type { EvaluatorMetrics } from '../evaluator-metrics.ts'
import { ALERTMANAGER_REPEAT } from '../notify/alertmanager.ts'
import { ChangeEvents } from './change-events.ts'
import { createSender } from './deliver.ts'
import { answerRequests } from './delivery-requests.ts'
import { EndpointReports } from './endpoint-reports.ts'
import { withMetaRoute } from './meta-route.ts'
import { type Addressees, addresseesOf } from './notifications-for.ts'
import { Outbox } from './outbox.ts'
import { SelfAlerts } from './self-alerts.ts'
import { type SelfFacts, selfConditions } from './self-conditions.ts'
import { Watchdog } from './watchdog.ts'

/** How often retries that fall due between two ticks are looked for. */
const OUTBOX_POLL_MS = 500

/** How often the rest is done: what people ask for, reports on endpoints, Plumbline's own alerts, the watchdog. */
const CHORES_MS = 2_000

/** How long stopping waits for deliveries; what is cut off is done again after a restart. */
const STOP_WAIT_MS = 3_000

interface Deps {
  config: Config
  db: Db
  log: Log
  metrics: EvaluatorMetrics
  /** Length of a tick. */
  tickMs: number
  now: () => Date
}

/** Everything that tells: the outbox with its timers, and what must be told of Plumbline itself. */
export interface Delivery {
  outbox: Outbox
  addressees: Addressees
  routes: readonly RouteNode[]
  publicUrl: string
  /** To be called after every complete tick. */
  ticked(at: Date): void
  stop(): Promise<void>
}

export function startDelivery({ config, db, log, metrics, tickMs, now }: Deps): Delivery {
  const addressees = addresseesOf(config.endpoints)
  const sender = createSender(config)
  const outbox = new Outbox({
    store: clickhouseOutbox(db),
    log,
    ...sender,
    repeatRuleOf: (endpoint) => (addressees.get(endpoint)?.type === 'alertmanager' ? ALERTMANAGER_REPEAT : null),
    fallbackOf: (endpoint) => addressees.get(endpoint)?.fallback,
    onResult: metrics.delivered,
    clock: now,
  })
  metrics.watch(outbox)

  const publicUrl = config.publicUrl ?? `http://${config.bind}:${config.ports.api}`
  const routes = withMetaRoute(config.routes, config.alerting.meta.endpoints)
  const reports = new EndpointReports(db)
  const changes = new ChangeEvents(db, outbox, config.endpoints)
  const selfAlerts = new SelfAlerts({ log, outbox, addressees, routes, publicUrl, send: sender.send })
  const { url } = config.alerting.watchdog
  const watchdog = url === undefined ? null : new Watchdog(url, config.egress, log)
  const startedAt = now()
  let lastTickAt: Date | null = null

  const chores = async () => {
    const at = now()
    const sinceTickMs = at.getTime() - (lastTickAt ?? startedAt).getTime()
    const isStoreUp = sinceTickMs <= tickMs || (await db.ping()).success
    const endpoints = outbox.status()
    const facts: SelfFacts = {
      endpoints: new Map([...endpoints].filter(([name]) => addressees.has(name))),
      deadLetters: outbox.recentDeadLetters(at),
      watchdogFailures: watchdog?.failures ?? 0,
      sinceTickMs,
      tickMs,
      isStoreUp,
      rejected: isStoreUp ? await refusedSlos(db) : [],
    }
    const conditions = selfConditions(facts)
    const unknown = watchdog && !watchdog.isKnown ? (['watchdog_failing'] as const) : []
    if (lastTickAt || !isStoreUp) await selfAlerts.update(conditions, at, unknown)
    if (!lastTickAt || !isStoreUp) return
    await answerRequests({ db, log, outbox, addressees, publicUrl }, at)
    await changes.update(at)
    await reports.report(endpoints, at)
    const isTicking = !conditions.some(({ kind }) => kind === 'tick_late')
    if (isTicking && outbox.isMoving(at)) await watchdog?.ping(at)
  }

  const poll = setInterval(() => void outbox.deliverDue(now()), OUTBOX_POLL_MS)
  let working: Promise<void> | null = null
  const choreTimer = setInterval(() => {
    working ??= chores()
      .catch((error: unknown) => log.error({ err: error }, 'delivery chores failed; they are tried again'))
      .finally(() => {
        working = null
      })
  }, CHORES_MS)

  return {
    outbox,
    addressees,
    routes,
    publicUrl,
    ticked(at) {
      lastTickAt = at
    },
    async stop() {
      clearInterval(poll)
      clearInterval(choreTimer)
      await Promise.race([
        Promise.all([outbox.settled(), working]),
        setTimeout(STOP_WAIT_MS, undefined, { ref: false }),
      ])
    },
  }
}

const refusedSlos = async (db: Db): Promise<string[]> =>
  (await readDefinitions(db)).filter(({ state }) => state === 'invalid').map(({ name }) => name)
