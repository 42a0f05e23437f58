import { z } from 'zod'
import { badQuery } from './problem.ts'

/** One page of a list; `nextCursor` is null on the last one. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Give it as `cursor` to get the next page; null on the last' }),
  })

const LIMIT = 'expected a whole number from 1 to 1000'

/** The parameters every list takes; others than a route names are refused, so that a mistyped filter does not answer everything. */
export const pageQuery = z.strictObject({
  limit: z.coerce
    .number({ error: LIMIT })
    .int(LIMIT)
    .min(1, LIMIT)
    .max(1000, LIMIT)
    .default(100)
    .meta({ description: 'Items per page' }),
  cursor: z.string().max(1000).optional().meta({ description: 'nextCursor of the page before' }),
})

/** A cursor is the sort key of the last item shown, so that pages stay right while the list changes. */
export const encodeCursor = (key: readonly unknown[]): string => Buffer.from(JSON.stringify(key)).toString('base64url')

/** The sort key inside a cursor, checked by `schema`; throws a Problem for a cursor that no answer ever held. */
export function decodeCursor<T extends z.ZodType>(cursor: string, schema: T): z.output<T> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    throw badQuery('cursor', 'is not a cursor of this list; start again without it')
  }
}

/** Place in a list that shows first what is in trouble: rank of its state, share that is left or intact, name. */
export type RankedKey = readonly [rank: number, share: number, name: string]

export const rankedCursor = z.tuple([z.number(), z.number(), z.string()])

export const compareRanked = (a: RankedKey, b: RankedKey): number =>
  a[0] - b[0] || a[1] - b[1] || (a[2] === b[2] ? 0 : a[2] < b[2] ? -1 : 1)

/** Cuts a fully sorted list after `limit` items behind the cursor. `compare` orders keys as the list is ordered. */
export function cutPage<T, K extends readonly unknown[]>(
  sorted: readonly T[],
  {
    limit,
    after,
    keyOf,
    compare,
  }: {
    limit: number
    after: K | null
    keyOf: (item: T) => K
    compare: (a: K, b: K) => number
  },
): { items: T[]; nextCursor: string | null } {
  const rest = after === null ? sorted : sorted.filter((item) => compare(keyOf(item), after) > 0)
  const items = rest.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rest.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null }
}
