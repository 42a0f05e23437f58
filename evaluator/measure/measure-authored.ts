import { isAuthored, type Standing, succeeded } from '../decide/standing.ts'
import { daysOf, merge, type Range } from './ranges.ts'
import type { Storing } from './storing.ts'

/** An author's statement may take this share of the time. */
const AUTHORED_SHARE = 0.1

/**
 * Authors' statements run one after another, beside the ticks: what they cost delays nobody's alerts. What is owed comes
 * first, then history day by day, newest first.
 * @param context.waitsForAll the caller waits: a statement that took long runs again at once
 */
export async function measureAuthored(
  standings: Iterable<Standing>,
  storing: Storing,
  { waitsForAll, now }: { waitsForAll: boolean; now: Date },
): Promise<void> {
  const due = [...standings].filter((one) => isAuthored(one) && one.retryAtMs <= now.getTime())
  for (const standing of due) {
    const startedMs = performance.now()
    const owed = daysOf(merge(standing.owed))
    standing.owed = []
    const left = await untilFailure(owed, (range) => run(storing, standing, range, now))
    if (left.length > 0) {
      standing.owed = merge([...standing.owed, ...left])
      continue
    }
    if (!(await walk(storing, standing, now))) continue
    succeeded(standing)
    const tookMs = performance.now() - startedMs
    if (!waitsForAll) standing.retryAtMs = now.getTime() + tookMs * (1 / AUTHORED_SHARE - 1)
  }
}

/** Whether the history could be measured to its end. */
async function walk(storing: Storing, standing: Standing, now: Date): Promise<boolean> {
  const { history } = standing
  if (history === null) return true
  const { fromMs, measuredFromMs } = history
  const days = daysOf([{ from: new Date(fromMs), to: new Date(measuredFromMs) }]).reverse()
  const left = await untilFailure(days, async (range) => {
    const isMeasured = await run(storing, standing, range, now)
    if (isMeasured) history.measuredFromMs = range.from.getTime()
    return isMeasured
  })
  if (left.length === 0) standing.history = null
  return left.length === 0
}

/** Answers with what is left from the first failure on. */
async function untilFailure(ranges: readonly Range[], measure: (range: Range) => Promise<boolean>): Promise<Range[]> {
  for (const [n, range] of ranges.entries()) if (!(await measure(range))) return ranges.slice(n)
  return []
}

async function run(storing: Storing, standing: Standing, range: Range, now: Date): Promise<boolean> {
  try {
    return (await storing.store([standing], range, now)).length === 0
  } catch (error) {
    storing.noteFailure(standing, error instanceof Error ? error : new Error(String(error)), now)
    return false
  }
}
