import { z } from 'zod'
import { type Db, query } from './query.ts'

/** What the read-only interface must know of the engine: the store's database, and all table functions by name. */
export interface EngineFacts {
  database: string
  tableFunctions: ReadonlySet<string>
}

export async function readEngineFacts(db: Db): Promise<EngineFacts> {
  const [row] = await selectFacts(db, {})
  if (!row) throw new Error('ClickHouse gave no answer about itself')
  return { database: row.database, tableFunctions: new Set(row.names) }
}

const selectFacts = query({
  sql: 'SELECT currentDatabase() AS database, groupArray(name) AS names FROM system.table_functions',
  params: z.object({}),
  row: z.object({ database: z.string(), names: z.array(z.string()) }),
})
