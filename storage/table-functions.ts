import { z } from 'zod'
import { type Db, query } from './query.ts'

/** Names of all table functions this engine has, for `refusalOf`. */
export const readTableFunctions = async (db: Db): Promise<ReadonlySet<string>> =>
  new Set((await selectNames(db, {})).map(({ name }) => name))

const selectNames = query({
  sql: 'SELECT name FROM system.table_functions',
  params: z.object({}),
  row: z.object({ name: z.string() }),
})
