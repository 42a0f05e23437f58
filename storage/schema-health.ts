import { ClickHouseError } from '@clickhouse/client'
import { z } from 'zod'
import { readMigrations } from './migrate.ts'
import { type Db, query } from './query.ts'

const UNKNOWN_TABLE = '60'
const UNKNOWN_DATABASE = '81'

const selectApplied = query({
  sql: 'SELECT DISTINCT name FROM schema_migrations',
  params: z.object({}),
  row: z.object({ name: z.string() }),
})

/** Schema files not applied to this store yet, in order; throws when the store does not answer. */
export async function readMissingMigrations(db: Db): Promise<string[]> {
  const names = (await readMigrations({ database: '' })).map(({ name }) => name)
  const applied = await selectApplied(db, {}).catch((error: unknown) => {
    if (error instanceof ClickHouseError && [UNKNOWN_TABLE, UNKNOWN_DATABASE].includes(error.code)) return []
    throw error
  })
  const done = new Set(applied.map(({ name }) => name))
  return names.filter((name) => !done.has(name))
}
