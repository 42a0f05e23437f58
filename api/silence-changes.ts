import { randomUUID } from 'node:crypto'
import type { Context } from 'hono'
import { silenceFaults } from '../slo/overlay/overlay-input.ts'
import type { Silence } from '../slo/overlay/silence.ts'
import type { Db } from '../storage/query.ts'
import { readSilence, recordSilences, type StoredSilence } from '../storage/silences.ts'
import { audited, refuse } from './change.ts'
import { Problem } from './problem.ts'

/** Stores what a pure function made of a request, under an id of its own, and keeps who did it. */
export async function createSilence(
  c: Context,
  db: Db,
  now: Date,
  make: (id: string) => Silence | string[],
): Promise<StoredSilence> {
  const made = make(randomUUID())
  if (Array.isArray(made)) return refuse(made)
  const faults = silenceFaults(made, now)
  if (faults.length > 0) return refuse(faults)
  const silence = { ...made, revision: 0, source: 'api' }
  await recordSilences(db, [silence], now)
  await audited(c, db, {
    at: now,
    action: 'silence.create',
    target: silence.id,
    detail: silence,
    said: silence.createdBy,
  })
  return silence
}

/** Ends a silence now; one that is over stays as it is. */
export async function expireSilence(c: Context, db: Db, now: Date, id: string): Promise<StoredSilence> {
  const silence = await readKept(db, id)
  if (silence.endsAt <= now) return silence
  const startsAt = silence.startsAt < now ? silence.startsAt : now
  const ended = { ...silence, startsAt, endsAt: now, revision: silence.revision + 1 }
  await recordSilences(db, [ended], now)
  await audited(c, db, { at: now, action: 'silence.expire', target: id, detail: { wasUntil: silence.endsAt } })
  return ended
}

/** A silence that exists and is not kept in a file. */
async function readKept(db: Db, id: string): Promise<StoredSilence> {
  const silence = await readSilence(db, id)
  if (silence === null) throw new Problem('not-found', `There is no silence ${id}`)
  refuseFiled('silence', silence)
  return silence
}

/** What is kept in a file is changed there: the file would win at its next reading. */
export function refuseFiled(what: string, { id, source }: { id: string; source: string }): void {
  if (source !== 'api') throw new Problem('conflict', `The ${what} ${id} is kept in ${source}: change it there`)
}
