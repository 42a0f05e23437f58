import { EXCLUDE_BACK_DAYS, type MaintenanceWindow, nextOccurrences } from './maintenance.ts'
import { quotesFault } from './matchers.ts'
import { type Recurrence, recurrenceFault, shortestGapMinutes } from './recurrence.ts'

const DAY_MS = 86_400_000

/** What goes on for longer must say when somebody looks at it again. */
export const UNREVIEWED_DAYS = 90

/** How far ahead the shortest time between two starts is looked for: every change of the clocks is in it. */
const HORIZON_DAYS = 366

type Draft = Pick<
  MaintenanceWindow,
  'scope' | 'schedule' | 'suppress' | 'excludeFromBudget' | 'reason' | 'reviewAt' | 'endedAt'
>

/** Why a maintenance window cannot be made at `now`: one sentence for each fault, none when it can. */
export function maintenanceFaults(window: Draft, now: Date): string[] {
  const { scope, schedule, suppress, excludeFromBudget, reason } = window
  const faults: string[] = []
  if (Object.values(scope).every((names) => names.length === 0))
    faults.push('scope is empty: name services, slos, dependencies or environments')
  faults.push(
    ...Object.values(scope).flatMap((names: readonly string[]) => names.flatMap((name) => quotesFault(name) ?? [])),
  )
  if (!suppress && !excludeFromBudget) faults.push('it would do nothing: set suppress or excludeFromBudget')
  if (excludeFromBudget && reason.trim() === '') faults.push('excluding time from the budget needs a reason')
  const fault = 'from' in schedule ? oneOffFault(schedule) : recurrenceFault(schedule)
  if (fault !== null) return [...faults, fault]
  return [...faults, ...('from' in schedule ? [] : recurringFaults(schedule, now)), ...timeFaults(window, now)]
}

const oneOffFault = ({ from, to }: { from: Date; to: Date }): string | null =>
  to > from ? null : 'it must end after it starts'

function recurringFaults(schedule: Recurrence, now: Date): string[] {
  if (nextOccurrences({ schedule, endedAt: null }, now, 1).length === 0)
    return ['it does not take place within a year: look at the rule, UNTIL and EXDATE']
  const gap = shortestGapMinutes(schedule, now, new Date(now.getTime() + HORIZON_DAYS * DAY_MS))
  return gap !== null && schedule.durationMinutes >= gap
    ? [
        `the duration (${schedule.durationMinutes} min) must be less than the shortest time between two starts (${gap} min)`,
      ]
    : []
}

function timeFaults(window: Draft, now: Date): string[] {
  const { schedule, excludeFromBudget, reviewAt } = window
  const faults: string[] = []
  const bound = new Date(now.getTime() + UNREVIEWED_DAYS * DAY_MS)
  const goesOn = 'from' in schedule ? schedule.to > bound : nextOccurrences(window, bound, 1).length > 0
  if (goesOn && reviewAt === null)
    faults.push(`it goes on for more than ${UNREVIEWED_DAYS} days: set reviewAt, when somebody looks at it again`)
  if (reviewAt !== null && reviewAt <= now) faults.push('reviewAt is in the past')
  if ('from' in schedule) {
    const earliest = now.getTime() - EXCLUDE_BACK_DAYS * DAY_MS
    if (excludeFromBudget && schedule.from.getTime() < earliest)
      faults.push(`time can be excluded from the budget at most ${EXCLUDE_BACK_DAYS} days afterwards`)
    if (!excludeFromBudget && schedule.to <= now) faults.push('it is over already: nothing would be suppressed')
  }
  return faults
}
