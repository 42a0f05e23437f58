import { z } from 'zod'
import { MATCHER_OPERATORS } from '../slo/overlay/matchers.ts'
import type { Silence } from '../slo/overlay/silence.ts'
import { type Db, query } from './query.ts'

/** A silence as it is kept. */
export interface StoredSilence extends Silence {
  /** A higher one replaces a lower one. */
  revision: number
  /** `api`, or the file it is kept in. */
  source: string
}

const matchers = z.array(z.object({ name: z.string(), op: z.enum(MATCHER_OPERATORS), value: z.string() }))

const select = query({
  sql: `SELECT id, revision, matchers, starts_at, ends_at, created_by, comment, created_at, source FROM silences
    WHERE ({id:String} = '' OR id = {id:String})
    ORDER BY id, revision DESC, changed_at DESC LIMIT 1 BY id`,
  params: z.object({ id: z.string() }),
  row: z
    .object({
      id: z.string(),
      revision: z.number(),
      matchers: z.string().transform((text) => matchers.parse(JSON.parse(text))),
      starts_at: z.coerce.date(),
      ends_at: z.coerce.date(),
      created_by: z.string(),
      comment: z.string(),
      created_at: z.coerce.date(),
      source: z.string(),
    })
    .transform(
      ({ starts_at, ends_at, created_by, created_at, ...row }): StoredSilence => ({
        ...row,
        startsAt: starts_at,
        endsAt: ends_at,
        createdBy: created_by,
        createdAt: created_at,
      }),
    ),
  settings: { date_time_output_format: 'iso' },
})

/** Silences that end after an instant, the soonest end last. */
export async function readSilences(db: Db, endingAfter = new Date(0)): Promise<StoredSilence[]> {
  const silences = await select(db, { id: '' })
  return silences
    .filter(({ endsAt }) => endsAt > endingAfter)
    .sort((a, b) => b.endsAt.getTime() - a.endsAt.getTime() || (a.id < b.id ? -1 : 1))
}

/** One silence, over or not; null when there never was one with this id. */
export async function readSilence(db: Db, id: string): Promise<StoredSilence | null> {
  const [silence] = id === '' ? [] : await select(db, { id })
  return silence ?? null
}

/** Stores silences as they are now. Storing the same revision again changes nothing. */
export async function recordSilences(db: Db, silences: readonly StoredSilence[], now: Date): Promise<void> {
  if (silences.length === 0) return
  await db.insert({
    table: 'silences',
    format: 'JSONEachRow',
    values: silences.map((silence) => ({
      id: silence.id,
      revision: silence.revision,
      matchers: JSON.stringify(silence.matchers),
      starts_at: silence.startsAt.toISOString(),
      ends_at: silence.endsAt.toISOString(),
      created_by: silence.createdBy,
      comment: silence.comment,
      created_at: silence.createdAt.toISOString(),
      source: silence.source,
      changed_at: now.toISOString(),
    })),
  })
}
