import { ClickHouseError } from '@clickhouse/client'
import { loadConfig } from '../runtime/config.ts'
import type { Config } from '../runtime/config-schema.ts'
import { connect, embeddedServer } from '../storage/client.ts'
import type { Db } from '../storage/query.ts'
import { CommandError } from './command-error.ts'

/**
 * Lets a command work on the store of a Plumbline that runs: the embedded engine at its configured port, or the server.
 * @throws CommandError when no ClickHouse answers there
 */
export async function withRunningStore<T>(
  configPath: string | undefined,
  work: (db: Db, config: Config) => Promise<T>,
): Promise<T> {
  const config = loadConfig({ path: configPath, env: process.env })
  const server =
    config.clickhouse === 'embedded' ? embeddedServer(`http://127.0.0.1:${config.ports.clickhouse}`) : config.clickhouse
  const db = connect(server)
  try {
    const { success } = await db.ping()
    if (!success) {
      const advice = config.clickhouse === 'embedded' ? 'start Plumbline first, with npm start' : 'check clickhouse.url'
      throw new CommandError(`no ClickHouse answers at ${server.url}: ${advice}`)
    }
    return await work(db, config)
  } catch (error) {
    if (error instanceof ClickHouseError) throw new CommandError(`ClickHouse refuses: ${error.message}`)
    throw error
  } finally {
    await db.close()
  }
}
