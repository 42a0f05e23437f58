import { ClickHouseError } from '@clickhouse/client'
import { loadConfig } from '../runtime/config.ts'
import type { Config } from '../runtime/config-schema.ts'
import { connect, type Server } from '../storage/client.ts'
import { readAccess } from '../storage/embedded/access-file.ts'
import type { Db } from '../storage/query.ts'
import { CommandError } from './command-error.ts'

/**
 * Lets a command work on the store of a Plumbline that runs: the embedded engine of the data directory, or the server.
 * @throws CommandError when no ClickHouse answers there
 */
export async function withRunningStore<T>(
  configPath: string | undefined,
  work: (db: Db, config: Config) => Promise<T>,
): Promise<T> {
  const config = loadConfig({ path: configPath, env: process.env })
  const server = serverOf(config)
  const db = connect(server)
  try {
    const { success } = await db.ping()
    if (!success) {
      const advice = config.clickhouse === 'embedded' ? START_FIRST : 'check clickhouse.url'
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

const START_FIRST = 'start Plumbline first, with npm start'

function serverOf({ clickhouse, dataDir, ports }: Config): Server {
  if (clickhouse !== 'embedded') return clickhouse
  const server = readAccess(dataDir)
  if (server) return ports.clickhouse === 0 ? server : { ...server, url: `http://127.0.0.1:${ports.clickhouse}` }
  const where = `no ClickHouse answers at http://127.0.0.1:${ports.clickhouse}`
  throw new CommandError(`${where}: no Plumbline of this user runs on the data directory ${dataDir}; ${START_FIRST}`)
}
