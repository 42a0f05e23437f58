import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { schemaFaults } from '../../runtime/schema-faults.ts'
import { readYaml } from '../../runtime/yaml-text.ts'
import type { MaintenanceWindow } from '../../slo/overlay/maintenance.ts'
import {
  maintenanceInput,
  maintenanceOf,
  silenceFaults,
  silenceInput,
  silenceOf,
} from '../../slo/overlay/overlay-input.ts'
import type { Silence } from '../../slo/overlay/silence.ts'
import type { StoredMaintenance } from '../../storage/maintenance-windows.ts'
import type { StoredSilence } from '../../storage/silences.ts'

const name = z.string().trim().min(1, 'every entry needs a name of its own').max(200)

/** A file of silences and maintenance windows, as a team keeps it in Git. */
const fileSchema = z.strictObject({
  silences: z.array(silenceInput.extend({ name })).default([]),
  maintenance: z.array(maintenanceInput.extend({ name })).default([]),
})

export type OverlayFile = z.output<typeof fileSchema>

/** Reads the text of a file, or says in one line each what is wrong, and where. Pure. */
export function parseOverlayFile(text: string): OverlayFile | string[] {
  const yaml = readYaml(text)
  if (yaml.faults.length > 0) return yaml.faults.map(({ line, message }) => `line ${line}: ${message}`)
  const value = yaml.value() ?? {}
  const parsed = fileSchema.safeParse(value)
  if (!parsed.success)
    return schemaFaults(parsed.error, fileSchema, value).map(
      ({ path, message }) => `line ${yaml.lineOf(path) ?? 1}: ${path.join('.')}: ${message}`,
    )
  const names = [...parsed.data.silences, ...parsed.data.maintenance].map((entry) => entry.name)
  const twice = names.find((each, index) => names.indexOf(each) !== index)
  return twice === undefined ? parsed.data : [`two entries are named ${twice}`]
}

/** What a file changes in the store, and entries that cannot be taken over: their last good version stays. */
export interface OverlayChanges {
  silences: StoredSilence[]
  maintenance: StoredMaintenance[]
  problems: string[]
}

/**
 * Brings what is stored from a file in step with it: new and changed entries are stored, missing ones end now.
 * Entries that are over and were never stored are left alone.
 * @param stored of all sources; those of others are not touched
 * @param source how the file is called
 */
export function reconcileOverlays(
  file: OverlayFile,
  stored: { silences: readonly StoredSilence[]; maintenance: readonly StoredMaintenance[] },
  source: string,
  now: Date,
): OverlayChanges {
  const changes: OverlayChanges = { silences: [], maintenance: [], problems: [] }
  const silences = new Map(stored.silences.filter(({ source: of }) => of === source).map((each) => [each.id, each]))
  const windows = new Map(stored.maintenance.filter(({ source: of }) => of === source).map((each) => [each.id, each]))

  for (const { name: entry, ...input } of file.silences) {
    const id = idOf('silence', source, entry)
    const before = silences.get(id)
    silences.delete(id)
    const startsAt = input.startsAt ?? before?.startsAt
    const made = silenceOf({ ...input, ...(startsAt && { startsAt }) }, { id, author: input.createdBy ?? 'file', now })
    if (!Array.isArray(made) && before && sameSilence(before, made)) continue
    if (!Array.isArray(made) && !before && made.endsAt <= now) continue
    const faults = Array.isArray(made) ? made : silenceFaults(made, now)
    if (Array.isArray(made) || faults.length > 0) changes.problems.push(...faults.map((fault) => `${entry}: ${fault}`))
    else changes.silences.push({ ...made, source, createdAt: before?.createdAt ?? now, revision: nextOf(before) })
  }
  for (const gone of silences.values())
    if (gone.endsAt > now) {
      const startsAt = gone.startsAt < now ? gone.startsAt : now
      changes.silences.push({ ...gone, startsAt, endsAt: now, revision: nextOf(gone) })
    }

  for (const { name: entry, ...input } of file.maintenance) {
    const id = idOf('maintenance', source, entry)
    const before = windows.get(id)
    windows.delete(id)
    if (before && before.endedAt === null && sameWindow(before, input)) continue
    const isOver = 'from' in input.schedule && input.schedule.to <= now && !input.excludeFromBudget
    if (isOver && !before) continue
    const wanted = maintenanceOf(input, { id, author: input.createdBy ?? 'file', now })
    if (Array.isArray(wanted)) changes.problems.push(...wanted.map((fault) => `${entry}: ${fault}`))
    else changes.maintenance.push({ ...wanted, source, revoked: false, revision: nextOf(before) })
  }
  for (const gone of windows.values())
    if (gone.endedAt === null) changes.maintenance.push({ ...gone, endedAt: now, revision: nextOf(gone) })
  return changes
}

const sameSilence = (a: Silence, b: Silence): boolean =>
  isDeepStrictEqual(
    [a.matchers, a.startsAt, a.endsAt, a.comment, a.createdBy],
    [b.matchers, b.startsAt, b.endsAt, b.comment, b.createdBy],
  )

type WindowWords = Pick<
  MaintenanceWindow,
  'scope' | 'schedule' | 'suppress' | 'excludeFromBudget' | 'reason' | 'reviewAt'
>

const sameWindow = (a: WindowWords, b: WindowWords): boolean =>
  isDeepStrictEqual(
    [a.scope, a.schedule, a.suppress, a.excludeFromBudget, a.reason, a.reviewAt],
    [b.scope, b.schedule, b.suppress, b.excludeFromBudget, b.reason, b.reviewAt],
  )

const nextOf = (before: { revision: number } | undefined): number => (before ? before.revision + 1 : 0)

/** The same entry has the same id whenever it is read; in the form of a UUID, as other tools expect. */
function idOf(kind: string, source: string, entry: string): string {
  const hex = createHash('sha256').update(`${kind}\n${source}\n${entry}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
