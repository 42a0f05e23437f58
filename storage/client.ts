import { type ClickHouseSettings, createClient } from '@clickhouse/client'
import { type Account, passwordOf } from './embedded/accounts.ts'
import type { Db } from './query.ts'

/** Where ClickHouse is: the embedded engine, one server, or any node of a cluster. */
export interface Server {
  url: string
  username: string
  password: string
  database: string
  cluster?: string | undefined
}

/** Writers batch themselves, and every timestamp is read and written as UTC. */
const SESSION: ClickHouseSettings = { async_insert: 0, session_timezone: 'UTC', date_time_input_format: 'best_effort' }

/** A pooled connection whose default database is `server.database`; it opens sockets on first use. */
export function connect({ url, username, password, database }: Server): Db {
  return createClient({
    url,
    username,
    password,
    database,
    application: 'plumbline',
    request_timeout: 60_000,
    max_open_connections: 16,
    // Below the keep-alive of every ClickHouse (Cloud: 3 s), so that no request meets a socket closed by the server.
    keep_alive: { enabled: true, idle_socket_ttl: 2_500 },
    clickhouse_settings: SESSION,
    // Failures reach the caller as errors; the driver's own log would say them twice, in another format.
    log: { level: 127 as never },
  })
}

/** The embedded engine as a `Server` for one of its accounts; without a secret it asks for no password (tests). */
export const embeddedServer = (url: string, as?: { account: Account; secret: string }): Server => ({
  url,
  username: as?.account ?? 'default',
  password: as ? passwordOf(as.secret, as.account) : '',
  database: 'plumbline',
})
