import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { z } from 'zod'
import { connect, type Server } from './client.ts'
import { type Db, query } from './query.ts'
import { renderSchema } from './schema-template.ts'
import { applyTableSettings } from './table-settings.ts'

const SCHEMA = new URL('./schema/', import.meta.url)

export interface Migration {
  name: string
  /** Of the file's text: an applied file that changed since is a mistake that `migrate` refuses. */
  checksum: string
  statements: string[]
}

/** The numbered files of `schema/`, rendered for one server or for a cluster, in order. */
export async function readMigrations(server: Pick<Server, 'database' | 'cluster'>): Promise<Migration[]> {
  const names = (await readdir(SCHEMA)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, SCHEMA), 'utf8')
      return { name, checksum: createHash('sha256').update(text).digest('hex'), statements: renderSchema(text, server) }
    }),
  )
}

const HISTORY = `
CREATE TABLE IF NOT EXISTS {{table:schema_migrations}} {{on_cluster}} (
  name String, checksum String, applied_at DateTime64(3) DEFAULT now64(3)
) ENGINE = {{engine:MergeTree}} ORDER BY name;
{{distributed:schema_migrations:cityHash64(name)}};`

const readApplied = query({
  sql: 'SELECT name, any(checksum) AS checksum FROM schema_migrations GROUP BY name',
  params: z.object({}),
  row: z.object({ name: z.string(), checksum: z.string() }),
})

/**
 * Brings the schema of `server.database` up to date; returns the names of the files applied now.
 * Every statement is idempotent, so roles that start together, or a start that was cut short, do no harm.
 */
export async function migrate(db: Db, server: Pick<Server, 'database' | 'cluster'>): Promise<string[]> {
  for (const statement of renderSchema(HISTORY, server)) await db.command({ query: statement })
  const applied = new Map((await readApplied(db, {})).map(({ name, checksum }) => [name, checksum]))
  const done: string[] = []
  for (const { name, checksum, statements } of await readMigrations(server)) {
    const before = applied.get(name)
    if (before === checksum) continue
    if (before !== undefined) {
      throw new Error(
        `schema file ${name} is not the one this store was made with; restore the file and put the change into a new numbered file`,
      )
    }
    for (const statement of statements) await db.command({ query: statement })
    await db.insert({ table: 'schema_migrations', values: [{ name, checksum }], format: 'JSONEachRow' })
    done.push(name)
  }
  return done
}

/** Creates the database where it is missing, then migrates it. */
export async function prepareStore(server: Server): Promise<string[]> {
  await using admin = disposable(connect({ ...server, database: 'default' }))
  const onCluster = server.cluster === undefined ? '' : ` ON CLUSTER '${server.cluster}'`
  await admin.db.command({
    query: `CREATE DATABASE IF NOT EXISTS {name:Identifier}${onCluster}`,
    query_params: { name: server.database },
  })
  await using store = disposable(connect(server))
  const applied = await migrate(store.db, server)
  await applyTableSettings(store.db, server)
  return applied
}

const disposable = (db: Db) => ({ db, [Symbol.asyncDispose]: () => db.close() })
