import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { connect, embeddedServer } from '../../storage/client.ts'
import { prepareStore } from '../../storage/migrate.ts'
import type { Db } from '../../storage/query.ts'

export interface TestDatabase extends AsyncDisposable {
  db: Db
  database: string
  url: string
}

/** A migrated database of its own on the run's engine; disposing drops it: `await using store = await testDatabase()`. */
export async function testDatabase(): Promise<TestDatabase> {
  const url = inject('engineUrl')
  const database = `test_${randomUUID().replaceAll('-', '')}`
  const server = { ...embeddedServer(url), database }
  await prepareStore(server)
  const db = connect(server)
  return {
    db,
    database,
    url,
    async [Symbol.asyncDispose]() {
      await db.command({ query: 'DROP DATABASE IF EXISTS {database:Identifier} SYNC', query_params: { database } })
      await db.close()
    },
  }
}
