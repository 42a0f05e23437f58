import { z } from 'zod'
import type { Server } from './client.ts'
import { INGEST_TABLES } from './ingest.ts'
import { type Db, query } from './query.ts'

/**
 * Settings of the ingest tables that not every ClickHouse knows, so no schema file can hold them.
 *
 * From 26.x on the lengths of texts lie apart from the texts, also inside maps; there they took as many bytes as the
 * attributes themselves (`npm run bench -- ingest`: 18 bytes a span instead of 11).
 */
const WANTED = { propagate_types_serialization_versions_to_nested_types: '0' }

const selectKnown = query({
  sql: 'SELECT name FROM system.merge_tree_settings WHERE name IN {names:Array(String)}',
  params: z.object({ names: z.array(z.string()) }),
  row: z.object({ name: z.string() }),
})

const selectTables = query({
  sql: 'SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() AND name IN {tables:Array(String)}',
  params: z.object({ tables: z.array(z.string()) }),
  row: z.object({ name: z.string(), engine_full: z.string() }),
})

/** Gives the ingest tables those of the wanted settings that this ClickHouse knows and that they do not have yet. */
export async function applyTableSettings(db: Db, { cluster }: Pick<Server, 'cluster'>): Promise<void> {
  const onCluster = cluster === undefined ? '' : ` ON CLUSTER '${cluster}'`
  const known = new Set((await selectKnown(db, { names: Object.keys(WANTED) })).map(({ name }) => name))
  const tables = INGEST_TABLES.map((table) => (cluster === undefined ? table : `${table}_local`))
  for (const { name, engine_full } of await selectTables(db, { tables })) {
    const missing = Object.entries(WANTED)
      .filter(([setting, value]) => known.has(setting) && !engine_full.includes(`${setting} = ${value}`))
      .map(([setting, value]) => `${setting} = ${value}`)
    if (missing.length === 0) continue
    await db.command({ query: `ALTER TABLE ${name}${onCluster} MODIFY SETTING ${missing.join(', ')}` })
  }
}
