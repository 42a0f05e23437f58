import { kindsOf, policyOf } from '../slo/alert/alert-settings.ts'
import { planObjects } from '../slo/openslo/plan.ts'
import { problemLine } from '../slo/problem.ts'
import { previewSlo } from '../storage/preview.ts'
import { readSloPaths } from '../storage/slo-files.ts'
import { Unmeasurable } from '../storage/unmeasurable.ts'
import { backtestText } from './backtest-text.ts'
import { CommandError } from './command-error.ts'
import { progressBar } from './progress-bar.ts'
import { withRunningStore } from './running-store.ts'

export interface BacktestCommand {
  config?: string
  days: string
  slo?: string
  json?: boolean
}

const STEP_MINUTES = 1440

/** `plumbline backtest PATH`: what the SLOs of a file would have said and sent over the stored history. */
export async function runBacktest(path: string, options: BacktestCommand): Promise<void> {
  const days = Number(options.days)
  if (!Number.isInteger(days) || days < 1 || days > 400)
    throw new CommandError('--days must be a whole number from 1 to 400', 2)
  const { objects, problems } = await readSloPaths([path]).catch((error: Error) => {
    throw new CommandError(error.message, 2)
  })
  const plan = planObjects(objects)
  for (const problem of [...problems, ...plan.problems])
    if (problem.severity === 'error') console.error(problemLine(problem))
  const planned = plan.slos.filter(({ name }) => options.slo === undefined || name === options.slo)
  if (planned.length === 0) throw new CommandError(`${path} has no SLO ${options.slo ?? ''}`.trimEnd())
  let refused = planned.filter(({ slo }) => slo === null).length
  await withRunningStore(options.config, async (db, config) => {
    const alerts = { policy: policyOf(config.alerting), kinds: kindsOf(config.alerting) }
    for (const { slo } of planned) {
      if (!slo) continue
      const bar = progressBar(`${slo.name}: measuring history`)
      bar.show(0)
      const range = { days, now: new Date(), stepMinutes: STEP_MINUTES, alerts, onProgress: bar.show }
      const result = await previewSlo(db, slo, range).catch((error: unknown) => {
        if (error instanceof Unmeasurable) return error
        throw error
      })
      bar.clear()
      if (result instanceof Unmeasurable) {
        refused += 1
        console.error(`${slo.name}: cannot be measured: ${result.message}`)
        if (options.json) console.log(JSON.stringify({ slo: slo.name, error: result.message }))
      } else console.log(options.json ? JSON.stringify({ slo: slo.name, ...result }) : `${backtestText(slo, result)}\n`)
    }
  })
  if (refused > 0) throw new CommandError(`${refused} of ${planned.length} SLOs are refused, see above`)
}
