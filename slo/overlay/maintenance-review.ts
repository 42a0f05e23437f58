import { type MaintenanceWindow, nextOccurrences } from './maintenance.ts'

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS

export interface ReviewDue {
  window: MaintenanceWindow
  /** One line: what, and what to do. */
  text: string
}

/**
 * Windows that somebody wanted to look at again by now and that go on: told weekly until they are ended or made anew.
 * @param remindedAt when it was told last, by id
 */
export function reviewsDue(
  windows: readonly MaintenanceWindow[],
  remindedAt: ReadonlyMap<string, Date>,
  now: Date,
): ReviewDue[] {
  return windows
    .filter(({ id, reviewAt }) => {
      const last = remindedAt.get(id)
      return reviewAt !== null && reviewAt <= now && (!last || now.getTime() - last.getTime() >= WEEK_MS)
    })
    .filter((window) => nextOccurrences(window, now, 1).length > 0)
    .map((window) => ({ window, text: textOf(window) }))
}

function textOf({ createdBy, reviewAt, scope, reason }: MaintenanceWindow): string {
  const about = Object.values(scope).flat().join(', ')
  const why = reason === '' ? '' : ` (${reason})`
  const day = reviewAt?.toISOString().slice(0, 10)
  return `${createdBy}: the maintenance of ${about}${why} was to be looked at again on ${day}; end it, or plan it anew`
}
