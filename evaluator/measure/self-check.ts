import type { Log } from '../../runtime/log.ts'
import { countedOf, keyOf, type Measured, measuredOf } from '../../slo/indicator.ts'
import type { MetricSelection, Slo } from '../../slo/model.ts'
import { type CountFacts, selfCheck } from '../../slo/self-check.ts'
import { readFreshness } from '../../storage/freshness.ts'
import { readProgress } from '../../storage/indicator-progress.ts'
import { type CheckedIndicator, recordWarnings } from '../../storage/indicator-warnings.ts'
import { readOddSeries } from '../../storage/odd-series.ts'
import type { Db } from '../../storage/query.ts'
import { readCounts, readKnownNames } from '../../storage/self-check-facts.ts'
import { DAY_MS, MINUTE_MS } from './ranges.ts'

/** Looks from time to time for SLIs that look broken, beside the ticks. */
export interface SelfChecker {
  /**
   * Starts a check when one is due: for an SLI that was not checked yet, and every few minutes. Resolves when it is done,
   * and never rejects.
   * @param behind generations of SLOs whose history is not measured to the end
   */
  check(slos: readonly Slo[], behind: ReadonlySet<string>, now: Date): Promise<void>
}

/** How far back an SLI is looked at. */
const LOOK_BACK_DAYS = 7

/** How far back series of metrics are looked at. */
const SERIES_MINUTES = 60

const EVERY_MS = 10 * MINUTE_MS

const NO_COUNTS: CountFacts = {
  events: 0,
  good: 0,
  hours: 0,
  leastPerHour: 0,
  mostPerHour: 0,
  lowestRatio: 0,
  highestRatio: 1,
  impossible: null,
}

export function createSelfChecker(db: Db, log: Log): SelfChecker {
  let checkedAtMs = Number.NEGATIVE_INFINITY
  let known = new Set<string>()
  let running: Promise<void> | null = null

  return {
    check(slos, behind, now) {
      const measured = measuredOf(slos)
      const open = new Set(measuredOf(slos.filter(({ generation }) => behind.has(generation))).map(keyOf))
      const isNew = measured.some((one) => !known.has(keyOf(one)) && !open.has(keyOf(one)))
      if (running || (!isNew && now.getTime() - checkedAtMs < EVERY_MS)) return running ?? Promise.resolve()
      checkedAtMs = now.getTime()
      known = new Set(measured.map(keyOf).filter((key) => !open.has(key)))
      running = checkAll(db, measured, open, now)
        .catch((error: unknown) => log.warn({ err: error }, 'SLIs cannot be checked; the next check tries again'))
        .finally(() => {
          running = null
        })
      return running
    },
  }
}

async function checkAll(db: Db, measured: readonly Measured[], open: ReadonlySet<string>, now: Date): Promise<void> {
  if (measured.length === 0) return
  const range = { from: new Date(now.getTime() - LOOK_BACK_DAYS * DAY_MS), to: now }
  const generations = measured.map(({ generation }) => generation)
  const [counts, names, progress, { firstDataAt }] = await Promise.all([
    readCounts(db, measured, range),
    readKnownNames(db, measured.flatMap(pointsOf), range),
    readProgress(db, generations),
    readFreshness(db),
  ])
  const errors = new Map(progress.map(({ generation, error }) => [generation, error]))
  const watchedMinutes = firstDataAt === null ? 0 : (now.getTime() - firstDataAt.getTime()) / MINUTE_MS
  const recent = { from: new Date(now.getTime() - SERIES_MINUTES * MINUTE_MS), to: now }
  const checked: CheckedIndicator[] = []
  for (const { indicator, generation, settleMinutes } of measured) {
    const warnings = selfCheck(indicator, {
      error: errors.get(generation) ?? '',
      counts: counts.get(keyOf({ indicator, generation })) ?? NO_COUNTS,
      known: names,
      odd: await readOddSeries(db, pointsOf({ indicator }), recent),
      // What is not measured to the end says little yet.
      watchedMinutes: open.has(keyOf({ indicator, generation })) ? 0 : watchedMinutes,
      settleMinutes,
    })
    checked.push({ indicator: indicator.name, generation, warnings })
  }
  await recordWarnings(db, checked, now)
}

function pointsOf({ indicator }: Pick<Measured, 'indicator'>): MetricSelection[] {
  if (indicator.source === 'gauge') return [indicator.selection]
  return countedOf(indicator).filter((one) => one.source === 'metric')
}
