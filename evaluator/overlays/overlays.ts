import { readFile, stat } from 'node:fs/promises'
import type { Log } from '../../runtime/log.ts'
import { firingAlerts } from '../../slo/alert/firing-alerts.ts'
import { reviewsDue } from '../../slo/overlay/maintenance-review.ts'
import { mutedAlerts, REMINDERS, type SilenceMemory, silenceReminders } from '../../slo/overlay/silence-reminder.ts'
import { type AuditEntry, readAudit, recordAudit } from '../../storage/audit-log.ts'
import { listIncidents } from '../../storage/incidents.ts'
import { readMaintenance, recordMaintenance } from '../../storage/maintenance-windows.ts'
import type { Db } from '../../storage/query.ts'
import { readSilences, recordSilences } from '../../storage/silences.ts'
import { parseOverlayFile, reconcileOverlays } from './overlay-file.ts'

const DAY_MS = 86_400_000

/** What was said and muted earlier does not matter to any reminder. */
const MEMORY_DAYS = 45

const FILE_POLL_MS = 2_000
const REMIND_EVERY_MS = 60_000
const MOST_INCIDENTS = 1_000

interface OverlayDeps {
  db: Db
  log: Log
  /** `overlaysFile` of the configuration, if any. */
  file: string | undefined
  /** Sends reminders to whoever wants them; called with none when there are none. */
  tell: (reminders: readonly Reminder[], now: Date) => Promise<void>
  clock: () => Date
}

/**
 * Keeps silences and maintenance windows in step with their file, and reminds of silences. The file was read once when this
 * resolves; what fails is logged and tried again.
 */
export async function followOverlays({ db, log, file, clock, tell }: OverlayDeps): Promise<{ stop(): Promise<void> }> {
  let read = ''
  const follow = async (path: string) => {
    const mark = await stat(path).then(
      ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
      (error: NodeJS.ErrnoException) => `unreadable: ${error.code}`,
    )
    if (mark === read) return
    await takeOver({ db, log, clock }, path)
    read = mark
  }
  const following = repeating(FILE_POLL_MS, log, async () => (file === undefined ? undefined : follow(file)))
  const reminding = repeating(REMIND_EVERY_MS, log, () => remind(db, log, clock(), tell))
  await following.now()
  return {
    async stop() {
      await Promise.all([following.stop(), reminding.stop()])
    },
  }
}

/** Runs a task again and again, never twice at a time. */
function repeating(everyMs: number, log: Log, task: () => Promise<void>) {
  let running: Promise<void> | null = null
  const now = (): Promise<void> => {
    running ??= task()
      .catch((error: unknown) =>
        log.error({ err: error }, 'silences and maintenance cannot be looked after now; trying again'),
      )
      .finally(() => {
        running = null
      })
    return running
  }
  const timer = setInterval(now, everyMs).unref()
  return {
    now,
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}

/** Reads the file once and stores what it changes. A file that cannot be read changes nothing. */
export async function takeOver(
  { db, log, clock }: Pick<OverlayDeps, 'db' | 'log' | 'clock'>,
  path: string,
): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error)
  const parsed = text instanceof Error ? [`cannot be read: ${text.code}`] : parseOverlayFile(text)
  if (Array.isArray(parsed)) {
    for (const problem of parsed) log.error({ file: path }, `silences and maintenance: ${problem}; nothing is changed`)
    return
  }
  const now = clock()
  const [silences, maintenance] = await Promise.all([readSilences(db), readMaintenance(db)])
  const changes = reconcileOverlays(parsed, { silences, maintenance }, path, now)
  for (const problem of changes.problems) log.error({ file: path }, `silences and maintenance: ${problem}`)
  await recordSilences(db, changes.silences, now)
  await recordMaintenance(db, changes.maintenance, now)
  const entry = (kind: string, change: { id: string; createdBy: string }): AuditEntry => ({
    at: now,
    author: change.createdBy,
    token: '',
    action: `${kind}.file`,
    target: change.id,
    detail: change,
  })
  await recordAudit(db, [
    ...changes.silences.map((change) => entry('silence', change)),
    ...changes.maintenance.map((change) => entry('maintenance', change)),
  ])
  const counts = { silences: changes.silences.length, maintenance: changes.maintenance.length }
  log.info({ file: path, ...counts }, 'silences and maintenance taken over')
}

/** Something a person said that wants a person's attention. */
export interface Reminder {
  kind: (typeof KINDS)[number]
  /** Of the silence or the maintenance window. */
  id: string
  author: string
  /** One line: what, and what to do. */
  text: string
}

const KINDS = [...REMINDERS, 'review_due'] as const
const MUTES = 'mutes' as const

/** What was reminded of, and what muted something, is remembered in the audit log under these. */
const actionOf = (kind: Reminder['kind'] | typeof MUTES): string =>
  kind === 'review_due' ? 'maintenance.review_due' : `silence.${kind}`

/** Reminds authors of silences and maintenance windows that want attention: in the log, in the audit log, and as messages. */
export async function remind(db: Db, log: Log, now: Date, tell: OverlayDeps['tell']): Promise<void> {
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
