import { z } from 'zod'
import type { BudgetReset } from '../slo/reading.ts'
import { readBudgetResets } from './budget-resets.ts'
import { type Overlays, readOverlays } from './overlays.ts'
import { type Db, query } from './query.ts'

/** What people decided: how budgets are counted, and who is told. */
export interface Decisions {
  resets: readonly BudgetReset[]
  overlays: Overlays
}

/** What is over leaves the answers after this long. */
const READ_AGAIN_MS = 60_000

/** Answers what holds at an instant or later, at one instant after another: read again only when something was decided since. */
export function decisionsReader(db: Db): (now: Date) => Promise<Decisions> {
  let last: { mark: string; at: Date; decisions: Decisions } | null = null
  return async (now) => {
    const mark = (await readMarks(db, {}))
      .map(({ table, mark }) => `${table} ${mark}`)
      .sort()
      .join()
    const age = last === null ? 0 : now.getTime() - last.at.getTime()
    if (last?.mark !== mark || age < 0 || age >= READ_AGAIN_MS) {
      const [resets, overlays] = await Promise.all([readBudgetResets(db), readOverlays(db, now)])
      last = { mark, at: now, decisions: { resets, overlays } }
    }
    const { resets, overlays } = last!.decisions
    const acknowledgements = overlays.acknowledgements.filter(({ until }) => until > now)
    return { resets, overlays: { ...overlays, acknowledgements } }
  }
}

/** Tables of few rows that are only added to, and what tells their rows apart. */
const TABLES = {
  budget_resets: 'slo, at, id',
  silences: 'id, revision, changed_at',
  maintenance_windows: 'id, revision, changed_at',
  incident_actions: 'incident, at, action, author',
}

const readMarks = query({
  sql: Object.entries(TABLES)
    .map(([table, key]) => `SELECT '${table}' AS table, toString(sum(cityHash64(${key}))) AS mark FROM ${table}`)
    .join(' UNION ALL '),
  params: z.object({}),
  row: z.object({ table: z.string(), mark: z.string() }),
})
