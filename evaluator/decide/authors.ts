import type { ClosingReason } from '../../slo/alert/alert-reason.ts'
import type { Evaluation } from '../../slo/decide/judge.ts'
import { readAudit } from '../../storage/audit-log.ts'
import type { Db } from '../../storage/query.ts'

/** What ends an alert when an SLO's document changes. */
const BY_DOCUMENT: ReadonlySet<ClosingReason> = new Set(['slo_removed', 'alerting_off', 'target_changed'])

/** A definition takes until its alert is clear to end it. */
const LOOK_BACK_MS = 24 * 3_600_000

/** Evaluations with who changed the document that ended them, as far as the audit log knows; without an entry it was a file. */
export async function withAuthors(
  db: Db,
  evaluations: readonly Evaluation[],
  now: Date,
): Promise<readonly Evaluation[]> {
  const isOpen = ({ ending, subject }: Evaluation) =>
    ending !== null && BY_DOCUMENT.has(ending.reason) && subject.slo !== ''
  if (!evaluations.some(isOpen)) return evaluations
  const since = new Date(now.getTime() - LOOK_BACK_MS)
  const changes = await readAudit(db, { since, actions: ['slo.put', 'slo.delete'] })
  return evaluations.map((evaluation) => {
    const { ending, subject } = evaluation
    if (ending === null || !isOpen(evaluation)) return evaluation
    // Objectives of one document are changed under its name.
    const change = changes.find(({ target }) => subject.slo === target || subject.slo.startsWith(`${target}:`))
    return change ? { ...evaluation, ending: { ...ending, by: change.author } } : evaluation
  })
}
