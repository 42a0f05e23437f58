import { drainPending, Session } from 'chdb'
import { fromChdb } from './engine-errors.ts'
import { quoteString } from './sql-tokens.ts'

export interface Answer {
  body: Uint8Array
  rowsRead: number
  bytesRead: number
  elapsedNs: number
}

export interface Run {
  /** Identifies the run for `kill`. */
  id: string
  /** Statements that set the session up, run before `sql`. */
  prelude: string[]
  sql: string
  /** Output format where the statement names none. */
  format: string
}

/** One engine session: settings, parameters, temporary tables and current database live and die with it. */
export interface EngineSession {
  run(run: Run): Promise<Answer>
  close(): void
}

export interface Chdb {
  version: string
  openSession(): EngineSession
  /** Stops the run with this id if it still computes; it then fails with code 394. */
  kill(id: string): Promise<void>
  /** Waits for what still computes, then closes the data directory. */
  close(): Promise<void>
}

/** Opens the data directory. Throws what chDB says, code 76 when another process has it open. */
export async function openChdb(dataDir: string, configFile: string): Promise<Chdb> {
  const connectionArgs = [`--config-file=${configFile}`]
  // Keeps the engine loaded: it shuts down with its last session.
  const root = new Session(dataDir, { connectionArgs })
  const version = (await root.queryAsync('SELECT version()', { format: 'TSVRaw' })).text().trim()
  let killing: Promise<unknown> = Promise.resolve()

  return {
    version,
    openSession() {
      const session = new Session(dataDir, { connectionArgs })
      return {
        async run({ id, prelude, sql, format }) {
          try {
            const setup = [`SET log_comment = ${quoteString(id)}`, ...prelude].join(';\n')
            await session.queryAsync(setup, { format: 'Null' })
            const result = await session.queryAsync(sql, { format })
            return {
              body: result.bytes(),
              rowsRead: result.rowsRead,
              bytesRead: result.bytesRead,
              elapsedNs: Math.round(result.elapsed * 1e9),
            }
          } catch (error) {
            throw fromChdb(error)
          }
        },
        close: () => session.close(),
      }
    },
    async kill(id) {
      const sql = `KILL QUERY WHERE startsWith(Settings['log_comment'], ${quoteString(id)}) ASYNC`
      killing = killing.then(() => root.queryAsync(sql, { format: 'Null' })).catch(() => undefined)
      await killing
    },
    async close() {
      // Closing a session while a query runs on it aborts the whole engine.
      await drainPending()
      root.close()
      await drainPending()
    },
  }
}
