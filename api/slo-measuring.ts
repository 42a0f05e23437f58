import { z } from 'zod'
import { keyOf, measuredOf } from '../slo/indicator.ts'
import type { Slo } from '../slo/model.ts'
import type { Reading } from '../slo/reading.ts'
import { type Backfill, measuredShare } from '../slo/reading.ts'
import { standing, WARNING_CODES, type Warning } from '../slo/self-check.ts'
import { trafficWarning } from '../slo/traffic-warning.ts'
import { type Progress, readProgress, readUnfinished } from '../storage/indicator-progress.ts'
import { readWarnings } from '../storage/indicator-warnings.ts'
import type { Db } from '../storage/query.ts'

export const warningSchema = z
  .object({
    code: z.enum([...WARNING_CODES, 'too_little_traffic']),
    message: z.string(),
    hint: z.string().meta({ description: 'Likely cause, and what to do' }),
  })
  .meta({ id: 'SliWarning' })

export const measuringSchema = z
  .array(
    z.object({
      indicator: z.string(),
      generation: z.string(),
      history: z
        .object({ from: z.iso.datetime(), to: z.iso.datetime(), measuredFrom: z.iso.datetime() })
        .nullable()
        .meta({
          description:
            'What is being measured from stored telemetry, newest first: everything from `measuredFrom` on is measured; null when it is complete',
        }),
      error: z.string().meta({ description: 'Why it cannot be measured; empty while it can' }),
    }),
  )
  .meta({ id: 'SliProgress', description: 'How far the SLI, or each of a composite, is measured' })

type Measuring = z.infer<typeof measuringSchema>

export type SloWarning = z.output<typeof warningSchema>

/** What looks broken, by `keyOf` of the SLI. */
export async function warningsByKey(db: Db): Promise<ReadonlyMap<string, readonly Warning[]>> {
  const checked = await readWarnings(db)
  return new Map(
    checked.map(({ indicator, generation, warnings }) => [
      keyOf({ indicator: { name: indicator }, generation }),
      warnings,
    ]),
  )
}

/**
 * Of the SLI of an SLO, as far as what its window holds does not prove them wrong: they are looked for every few minutes,
 * over other days than the window's. Of a composite with the name of the member before each.
 */
export function warningsOf(
  slo: Slo,
  byKey: ReadonlyMap<string, readonly Warning[]>,
  reading: Reading | null,
): SloWarning[] {
  const isComposite = slo.indicator.source === 'composite'
  const counts = isComposite || reading === null ? { good: 0, total: 0 } : reading.period.counts
  const traffic = reading && trafficWarning(reading)
  const found = measuredOf([slo]).flatMap((measured): SloWarning[] =>
    standing(byKey.get(keyOf(measured)) ?? [], counts).map(({ code, message, hint }) => ({
      code,
      message: isComposite ? `${measured.indicator.name}: ${message}` : message,
      hint,
    })),
  )
  return traffic ? [...found, traffic] : found
}

/** The SLIs whose history is being measured, by `keyOf`. */
export async function unfinishedByKey(db: Db): Promise<ReadonlyMap<string, Progress>> {
  const unfinished = await readUnfinished(db)
  return new Map(
    unfinished.map((progress) => [
      keyOf({ indicator: { name: progress.indicator }, generation: progress.generation }),
      progress,
    ]),
  )
}

/** Share of its history that is measured, 0 to 1: of a composite the least of its members'. Null when it is complete. */
export function measuredShareOf(slo: Slo, unfinished: ReadonlyMap<string, Progress>): number | null {
  if (unfinished.size === 0) return null
  const shares = measuredOf([slo]).flatMap((measured) => {
    const progress = unfinished.get(keyOf(measured))
    return progress?.history ? [measuredShare({ ...progress.history, measuredFrom: progress.measuredFrom })] : []
  })
  return shares.length === 0 ? null : Math.min(...shares)
}

/** The same, as readings say it: of a composite, measured as far as every member is. Null when it is complete. */
export function backfillOf(slo: Slo, unfinished: ReadonlyMap<string, Progress>): Backfill | null {
  const progress = measuredShareOf(slo, unfinished)
  if (progress === null) return null
  const froms = measuredOf([slo]).flatMap((measured) => unfinished.get(keyOf(measured))?.measuredFrom.getTime() ?? [])
  return { measuredFrom: new Date(Math.max(...froms)), progress }
}

/** An SLI that no evaluator has looked at yet is absent. */
export async function measuringOf(db: Db, slo: Slo): Promise<Measuring> {
  const measured = measuredOf([slo])
  const keys = new Set(measured.map(keyOf))
  const progress = await readProgress(
    db,
    measured.map(({ generation }) => generation),
  )
  return progress
    .filter(({ indicator, generation }) => keys.has(keyOf({ indicator: { name: indicator }, generation })))
    .map(({ indicator, generation, history, measuredFrom, error }) => ({
      indicator,
      generation,
      history: history && {
        from: history.from.toISOString(),
        to: history.to.toISOString(),
        measuredFrom: measuredFrom.toISOString(),
      },
      error,
    }))
}
