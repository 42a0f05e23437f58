import { z } from 'zod'
import { budgetOfSlo } from '../slo/budget/budget.ts'
import { METHODS, type Method, type Slo } from '../slo/model.ts'
import type { Db } from '../storage/query.ts'
import { readReadings } from '../storage/readings.ts'

const counts = z.object({ good: z.number(), total: z.number() })
const ratio = z.number().nullable()

export const methodsSchema = z
  .object({
    slo: z.string(),
    generation: z.string(),
    targetPpm: z.int(),
    freshness: z.object({ watermark: z.iso.datetime().nullable() }),
    items: z.array(
      z.object({
        method: z.enum(METHODS),
        isOwn: z.boolean().meta({ description: 'The method the SLO is judged by' }),
        slice: z.object({ minutes: z.int(), target: ratio }).nullable(),
        period: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
        counts: counts.meta({ description: 'Events' }),
        units: counts.meta({ description: 'What the method counts: events or slices' }),
        sli: ratio,
        consumed: ratio,
        remaining: ratio,
        coverage: z.number(),
      }),
    ),
    nextCursor: z.null(),
  })
  .meta({ id: 'SloMethods' })

/**
 * The same SLO judged by each budgeting method, over the same time and with the same target. An SLO without slices gets
 * one-minute slices that must reach its own target.
 */
export async function methodsOf(db: Db, slo: Slo, now: Date): Promise<z.output<typeof methodsSchema>> {
  const variants = METHODS.map((method) => underMethod(slo, method))
  const readings = await readReadings(db, variants, now)
  return {
    slo: slo.name,
    generation: slo.generation,
    targetPpm: slo.objective.targetPpm,
    freshness: { watermark: readings[0]?.watermark?.toISOString() ?? null },
    items: readings.map(({ slo: variant, period }) => {
      const { sli, consumed, remaining } = budgetOfSlo(variant, period.units)
      const { method, slice } = variant.objective
      const targetPpm = slice?.targetPpm ?? null
      return {
        method,
        isOwn: method === slo.objective.method,
        slice: slice && { minutes: slice.minutes, target: targetPpm === null ? null : targetPpm / 1_000_000 },
        period: { from: period.from.toISOString(), to: period.to.toISOString() },
        counts: { good: period.counts.good, total: period.counts.total },
        units: { good: period.units.good, total: period.units.total },
        sli,
        consumed,
        remaining,
        coverage: period.coverage,
      }
    }),
    nextCursor: null,
  }
}

function underMethod(slo: Slo, method: Method): Slo {
  const { slice, targetPpm } = slo.objective
  const minutes = slice?.minutes ?? 1
  const slices = {
    occurrences: null,
    timeslices: { minutes, targetPpm: slice?.targetPpm ?? targetPpm },
    ratio_timeslices: { minutes, targetPpm: null },
  }
  return { ...slo, objective: { ...slo.objective, method, slice: slices[method] } }
}
