import { setTimeout } from 'node:timers/promises'
import { schedule } from 'node-cron'
import type { Registry } from 'prom-client'
import type { Config } from '../runtime/config-schema.ts'
import { Stops } from '../runtime/lifecycle.ts'
import type { Log } from '../runtime/log.ts'
import type { RepeatedTask } from '../runtime/repeated-task.ts'
import { kindsOf, policyOf } from '../slo/alert/alert-settings.ts'
import { decisionsReader } from '../storage/decisions.ts'
import { readingsRecorder } from '../storage/latest-readings.ts'
import type { Db } from '../storage/query.ts'
import { createReader } from '../storage/readings.ts'
import { createExplainer } from './decide/explain.ts'
import { createSignals } from './decide/signals.ts'
import { followSloDir } from './definitions.ts'
import { startDelivery } from './deliver/delivery.ts'
import { traitsOf } from './deliver/notifications-for.ts'
import { createEvaluatorMetrics } from './evaluator-metrics.ts'
import { createMeasurer } from './measure/measure.ts'
import { followOverlays } from './overlays/overlays.ts'
import { tellReminders } from './overlays/reminder-messages.ts'
import type { Reminder } from './overlays/reminders.ts'
import { scheduleFor } from './schedule.ts'
import { type Evaluator, tick } from './tick.ts'

interface Deps {
  config: Config
  db: Db
  log: Log
  metrics: Registry
  /** Keeps how evaluations go. */
  evaluations?: RepeatedTask
}

/** How long stopping waits for a tick; what is cut off is done again after a restart. */
const STOP_WAIT_MS = 3_000

/** The evaluator role: reads SLO files, ticks, delivers. `stop` waits for the tick that runs. */
export async function startEvaluator({
  config,
  db,
  log,
  metrics,
  evaluations,
}: Deps): Promise<{ stop(): Promise<void> }> {
  const stops = new Stops(log)
  const now = () => new Date()
  const own = createEvaluatorMetrics(metrics)
  const tickMs = scheduleFor(config.evaluation.interval).intervalMs
  const delivery = startDelivery({ config, db, log, metrics: own, tickMs, now })
  stops.add('delivery', delivery.stop)
  const { outbox, addressees, routes, publicUrl } = delivery

  const definitions = await followSloDir(db, log, config.sloDir, now, [...addressees.keys()])
  stops.add('SLO files', definitions.close)

  const tell = (reminders: readonly Reminder[], at: Date) => tellReminders(delivery, reminders, at)
  const overlays = await followOverlays({ db, log, file: config.overlaysFile, clock: now, tell })
  stops.add('silences and maintenance', overlays.stop)

  const policy = policyOf(config.alerting)
  const kinds = kindsOf(config.alerting)
  const signals = createSignals(db, log, policy, kinds)
  stops.add('signals', () => Promise.race([signals.settled(), setTimeout(STOP_WAIT_MS, undefined, { ref: false })]))
  const evaluator: Evaluator = {
    db,
    log,
    metrics: own,
    measurer: createMeasurer(db, log),
    decisions: decisionsReader(db),
    reader: createReader(db),
    recordReadings: readingsRecorder(db),
    explainer: createExplainer(db, log),
    signals,
    outbox,
    addressees,
    traits: traitsOf(addressees),
    routes,
    policy,
    kinds,
    publicUrl,
    last: new Map(),
    memory: null,
  }
  const ticks = repeat(config.evaluation.interval, log, async () => {
    const startedAt = now()
    const startedMs = performance.now()
    const result = await tick(evaluator, startedAt).then(
      () => {
        delivery.ticked(startedAt)
        evaluations?.succeeded()
        return 'ok' as const
      },
      (error: unknown) => {
        log.error({ err: error }, 'tick failed; the next one tries again')
        evaluations?.failed(error)
        return 'error' as const
      },
    )
    own.ticked(result, (performance.now() - startedMs) / 1000, startedAt)
  })
  stops.add('ticks', ticks.stop)
  return { stop: () => stops.stopAll() }
}

/** The scheduler's own words, as lines of our log; by itself it writes coloured text among them. */
export const cronLog = (log: Pick<Log, 'info' | 'warn' | 'error' | 'debug'>) => ({
  info: (message: string) => log.info({ scheduler: message }, 'scheduler'),
  warn: (message: string) => log.warn({ scheduler: message }, 'an evaluation did not start when it was due'),
  error: (message: string | Error, err?: Error) => log.error({ err: err ?? message }, 'scheduler'),
  debug: (message: string | Error, err?: Error) => log.debug({ err: err ?? message }, 'scheduler'),
})

/** Runs `task` now and at every interval, never twice at a time; `task` must not reject. */
function repeat(wantedMs: number, log: Log, task: () => Promise<void>) {
  const { intervalMs, expression } = scheduleFor(wantedMs)
  if (intervalMs !== wantedMs) log.warn({ wantedMs, intervalMs }, 'evaluation.interval rounded to what repeats evenly')
  let running: Promise<void> | null = null
  const run = () => {
    running ??= task().finally(() => {
      running = null
    })
  }
  const cron = schedule(expression, run, { logger: cronLog(log) })
  run()
  return {
    async stop() {
      await cron.destroy()
      await Promise.race([running, setTimeout(STOP_WAIT_MS, undefined, { ref: false })])
    },
  }
}
