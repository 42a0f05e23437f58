import type { MeasuredIndicator, Slo } from '../slo/model.ts'
import { measuredShare } from '../slo/reading.ts'
import { readProgress } from '../storage/indicator-progress.ts'
import { type Cost, costOf } from '../storage/indicator-select.ts'
import { compileIndicator } from '../storage/indicator-sql.ts'
import type { Db } from '../storage/query.ts'
import { Unmeasurable } from '../storage/unmeasurable.ts'
import { explainText } from './explain-text.ts'
import { findSlo } from './find-slo.ts'
import { withRunningStore } from './running-store.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** One SLI of an SLO: its select, what is bound in it, and what a run over the last day read. */
export interface ExplainedIndicator {
  name: string
  generation: string
  source: MeasuredIndicator['source']
  sql: string
  /** Values by parameter name; `from` and `to` are the minutes asked for. */
  params: Record<string, unknown>
  /** Null when it cannot run: then `error` says why. */
  cost: Cost | null
  error: string
  /** Share of its history that is measured, 0 to 1; null when all of it is, or before it was ever measured. */
  progress: number | null
}

export interface ExplainedSlo {
  slo: string
  /** How a composite joins its members; null for one SLI. */
  method: string | null
  /** One, or those of a composite's members. */
  indicators: ExplainedIndicator[]
}

/** `plumbline explain SLO`: what is asked of the store to measure it, and what that costs. Exit code 1 when it cannot be. */
export async function runExplain(name: string, options: { config?: string; json?: boolean }): Promise<void> {
  await withRunningStore(options.config, async (db) => {
    const explained = await explainSlo(db, await findSlo(db, name), new Date())
    console.log(options.json ? JSON.stringify(explained) : explainText(explained))
    if (explained.indicators.some(({ error }) => error !== '')) process.exitCode = 1
  })
}

export async function explainSlo(db: Db, { name, indicator, generation }: Slo, now: Date): Promise<ExplainedSlo> {
  const parts = indicator.source === 'composite' ? indicator.members : [{ indicator, generation }]
  const to = new Date(Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS)
  const range = { from: new Date(to.getTime() - DAY_MS), to }
  const progress = await readProgress(
    db,
    parts.map((part) => part.generation),
  )
  const indicators: ExplainedIndicator[] = []
  for (const part of parts) {
    const { sql, params } = compileIndicator(part.indicator)
    const known = progress.find((one) => one.generation === part.generation && one.indicator === part.indicator.name)
    indicators.push({
      name: part.indicator.name,
      generation: part.generation,
      source: part.indicator.source,
      sql,
      params: { ...params, ...range },
      progress: known?.history ? measuredShare({ ...known.history, measuredFrom: known.measuredFrom }) : null,
      ...(await costOrReason(db, part.indicator, range)),
    })
  }
  return { slo: name, method: indicator.source === 'composite' ? indicator.method : null, indicators }
}

async function costOrReason(db: Db, indicator: MeasuredIndicator, range: { from: Date; to: Date }) {
  try {
    return { cost: await costOf(db, indicator, range), error: '' }
  } catch (error) {
    if (error instanceof Unmeasurable) return { cost: null, error: error.message }
    throw error
  }
}
