import { readFile, stat } from 'node:fs/promises'
import type { Log } from '../../runtime/log.ts'
import { type AuditEntry, recordAudit } from '../../storage/audit-log.ts'
import { readMaintenance, recordMaintenance } from '../../storage/maintenance-windows.ts'
import type { Db } from '../../storage/query.ts'
import { readSilences, recordSilences } from '../../storage/silences.ts'
import { parseOverlayFile, reconcileOverlays } from './overlay-file.ts'
import { remind, type TellReminders } from './reminders.ts'

const FILE_POLL_MS = 2_000
const REMIND_EVERY_MS = 60_000

interface OverlayDeps {
  db: Db
  log: Log
  /** `overlaysFile` of the configuration, if any. */
  file: string | undefined
  tell: TellReminders
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
