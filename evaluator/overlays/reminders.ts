import type { Log } from '../../runtime/log.ts'
import { firingAlerts } from '../../slo/alert/firing-alerts.ts'
import { reviewsDue } from '../../slo/overlay/maintenance-review.ts'
import { mutedAlerts, REMINDERS, type SilenceMemory, silenceReminders } from '../../slo/overlay/silence-reminder.ts'
import { type AuditEntry, readAudit, recordAudit } from '../../storage/audit-log.ts'
import { listIncidents } from '../../storage/incidents.ts'
import { readMaintenance } from '../../storage/maintenance-windows.ts'
import type { Db } from '../../storage/query.ts'
import { readSilences } from '../../storage/silences.ts'

const DAY_MS = 86_400_000

/** What was said and muted earlier does not matter to any reminder. */
const MEMORY_DAYS = 45

const MOST_INCIDENTS = 1_000

/** Something a person said that wants a person's attention. */
export interface Reminder {
  kind: (typeof KINDS)[number]
  /** Of the silence or the maintenance window. */
  id: string
  author: string
  /** One line: what, and what to do. */
  text: string
}

/** Sends reminders to whoever wants them; called with none when there are none. */
export type TellReminders = (reminders: readonly Reminder[], now: Date) => Promise<void>

const KINDS = [...REMINDERS, 'review_due'] as const
const MUTES = 'mutes' as const

/** What was reminded of, and what muted something, is remembered in the audit log under these. */
const actionOf = (kind: Reminder['kind'] | typeof MUTES): string =>
  kind === 'review_due' ? 'maintenance.review_due' : `silence.${kind}`

/** Reminds authors of silences and maintenance windows that want attention: in the log, in the audit log, and as messages. */
export async function remind(db: Db, log: Log, now: Date, tell: TellReminders): Promise<void> {
  const [silences, windows] = await Promise.all([readSilences(db, now), readMaintenance(db)])
  if (silences.length + windows.length === 0) return tell([], now)
  const incidents = await listIncidents(db, { state: 'open', limit: MOST_INCIDENTS })
  const since = new Date(now.getTime() - MEMORY_DAYS * DAY_MS)
  const actions = [...KINDS, MUTES].map((kind) => actionOf(kind))
  const entries = await readAudit(db, { since, actions })
  const memories = memoriesOf(entries)
  const reviewed = new Map(
    entries
      .toReversed()
      .filter(({ action }) => action === actionOf('review_due'))
      .map(({ target, at }) => [target, at]),
  )
  const alerts = firingAlerts(incidents)
  const due: Reminder[] = [
    ...silenceReminders(silences, alerts, memories, now).map(({ silence: { id, createdBy }, kind, text }) => ({
      kind,
      id,
      author: createdBy,
      text,
    })),
    ...reviewsDue(windows, reviewed, now).map(({ window: { id, createdBy }, text }) => ({
      kind: 'review_due' as const,
      id,
      author: createdBy,
      text,
    })),
  ]
  for (const { kind, id, text } of due) log.warn({ reminder: kind, id }, text)
  await tell(due, now)
  const newlyMuting = [...mutedAlerts(silences, alerts, now)].filter(([id]) => {
    const before = memories.get(id)?.mutedAt
    return !before || now.getTime() - before.getTime() >= DAY_MS
  })
  const entry = { at: now, author: 'plumbline', token: '' }
  await recordAudit(db, [
    ...newlyMuting.map(([target, muted]) => ({
      ...entry,
      action: actionOf(MUTES),
      target,
      detail: muted.map(({ incident, summary }) => ({ incident, summary })),
    })),
    ...due.map(({ kind, id, text }) => ({ ...entry, action: actionOf(kind), target: id, detail: { text } })),
  ])
}

/** What is remembered of silences; entries are the newest first. */
function memoriesOf(entries: readonly AuditEntry[]): Map<string, SilenceMemory> {
  const memories = new Map<string, SilenceMemory>()
  for (const { target, action, at } of entries.toReversed()) {
    const memory = memories.get(target) ?? { mutedAt: null, remindedAt: {} }
    const kind = REMINDERS.find((each) => action === actionOf(each))
    if (kind) memory.remindedAt[kind] = at
    else if (action === actionOf(MUTES)) memory.mutedAt = at
    memories.set(target, memory)
  }
  return memories
}
