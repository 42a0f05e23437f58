import type { Context } from 'hono'
import { recordAudit } from '../storage/audit-log.ts'
import type { Db } from '../storage/query.ts'
import { authorOf } from './access.ts'
import { Problem, problemAnswer } from './problem.ts'

/** What every route that changes something can answer besides success. */
export const changeProblems = {
  400: problemAnswer('The request is wrong; `detail` says what and what to do'),
  403: problemAnswer('The token lacks the scope `write`'),
}

/** Keeps who changed what; the change itself is stored before. */
export const audited = (
  c: Context,
  db: Db,
  { at, action, target, detail, said }: { at: Date; action: string; target: string; detail: unknown; said?: string },
): Promise<void> =>
  recordAudit(db, [{ at, action, target, detail, author: authorOf(c, said), token: c.get('caller') ?? '' }])

/** What a pure check found wrong with the body, as the answer. */
export function refuse(faults: readonly string[]): never {
  const errors = faults.map((message) => ({ path: 'json', message }))
  throw new Problem('bad-parameter', faults.join('; '), { errors })
}
