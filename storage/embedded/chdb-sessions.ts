import { drainPending, Session } from 'chdb'
import { fromChdb } from './engine-errors.ts'
import { quoteString } from './sql-tokens.ts'

export interface Answer {
  body: Uint8Array
  rowsRead: number
  bytesRead: number
  elapsedNs: number
}

export interface Piece {
  bytes: Uint8Array
  rows: number
}

/** One engine session: settings, parameters, temporary tables and current database live and die with it. */
export interface EngineSession {
  /** One statement at a time; `format` counts where the statement names none. */
  run(sql: string, format: string): Promise<Answer>
  /** The result of a SELECT in pieces as they are computed; each is a text of its own in `format`. */
  stream(sql: string, format: string): AsyncGenerator<Piece>
  close(): void
}

export interface Chdb {
  version: string
  openSession(): EngineSession
  /** Stops queries whose `log_comment` setting begins so; they fail with code 394. */
  kill(logComment: string): Promise<void>
  /** Resolves when the engine has answered a query, error or not; never when it hangs. */
  probe(): Promise<void>
  /** Waits for what still computes, then closes the data directory. */
  close(): Promise<void>
}

/** Opens the data directory. Throws what chDB says; at most one process can have a directory open. */
export async function openChdb(dataDir: string, configFile: string): Promise<Chdb> {
  const connectionArgs = [`--config-file=${configFile}`]
  // Keeps the engine loaded: it shuts down with its last session.
  const root = new Session(dataDir, { connectionArgs })
  const version = (await root.queryAsync('SELECT version()', { format: 'TSVRaw' })).text().trim()
  let last: Promise<unknown> = Promise.resolve()

  function onRoot(sql: string): Promise<void> {
    const done = last
      .then(() => root.queryAsync(sql, { format: 'Null' }))
      .then(
        () => undefined,
        () => undefined,
      )
    last = done
    return done
  }

  return {
    version,
    openSession() {
      const session = new Session(dataDir, { connectionArgs })
      return {
        async run(sql, format) {
          try {
            const result = await session.queryAsync(sql, { format })
            const elapsedNs = Math.round(result.elapsed * 1e9)
            return { body: result.bytes(), rowsRead: result.rowsRead, bytesRead: result.bytesRead, elapsedNs }
          } catch (error) {
            throw fromChdb(error)
          }
        },
        async *stream(sql, format) {
          try {
            for await (const chunk of session.queryStream(sql, { format })) {
              yield { bytes: chunk.raw(), rows: chunk.numRows }
            }
          } catch (error) {
            throw fromChdb(error)
          }
        },
        close: () => session.close(),
      }
    },
    kill: (logComment) =>
      onRoot(`KILL QUERY WHERE startsWith(Settings['log_comment'], ${quoteString(logComment)}) ASYNC`),
    probe: () => onRoot('SELECT 1'),
    async close() {
      // Closing a session while a query runs on it aborts the whole engine.
      await drainPending()
      root.close()
      await drainPending()
    },
  }
}
