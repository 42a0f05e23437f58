import type { Account, FindAccount } from './accounts.ts'
import type { Answer, Chdb, EngineSession, Piece } from './chdb-sessions.ts'
import { EngineError } from './engine-errors.ts'
import { inLane, type Lanes } from './lanes.ts'
import { type NamedSessions, sessionRequest } from './named-sessions.ts'
import { insertPlainRows } from './plain-rows.ts'
import { preludeOf, setStatement, settingsOf } from './query-prelude.ts'
import { infile, type Work } from './read-work.ts'
import type { Spool } from './spool.ts'
import { quoteName, quoteString } from './sql-tokens.ts'

export interface Engine {
  chdb: Chdb
  spool: Spool
  /** Folder of rows that come by path. */
  inbox: string
  sessions: NamedSessions
  accountOf: FindAccount
  lanes: Lanes
}

export interface Ask {
  work: Work
  account: Account
  params: URLSearchParams
  /** Identifies the run for `chdb.kill`. */
  id: string
  format: string
  /** ClickHouse's `readonly`: 1 = only reads, 2 = also temporary tables and settings; 0 = everything. */
  readonly: number
  /** Aborts once nobody waits for the answer. */
  gone: AbortSignal
  /** Takes a result that is too large to be held; absent where the format needs the whole. */
  sendLarge?: (rows: AsyncIterable<Uint8Array>) => Promise<void>
}

/** Results up to this size are held in memory, which frees the engine from slow readers. */
const HELD_BYTES = 8 * 2 ** 20

/**
 * Runs the work on a session of its own, or on the one the request names, when a slot is free.
 * Null when the result went to `sendLarge`.
 */
export function runWork(engine: Engine, ask: Ask): Promise<Answer | null> {
  const lane = engine.lanes[ask.account]
  const named = sessionRequest(ask.params)
  const run = async () => {
    refuseGone(ask)
    if (named)
      return engine.sessions.use({ ...named, id: `${ask.account} ${named.id}` }, (session) =>
        runNamed(engine, ask, session),
      )
    const session = engine.chdb.openSession()
    try {
      // A session for one request: what it sets cannot reach another one.
      await setUp(engine, ask, session)
      if (ask.readonly > 0) await session.run(`SET readonly = ${ask.readonly}`, 'Null')
      return await execute(ask, session)
    } finally {
      session.close()
    }
  }
  if (lane.readonly > 0 && !ask.work.reads)
    throw new EngineError(164, 'READONLY', 'Cannot execute query in readonly mode')
  return inLane(ask.work.reads ? lane.reads : lane.writes, run, ask.gone)
}

function refuseGone({ gone }: Ask) {
  if (gone.aborted) throw new EngineError(394, 'QUERY_WAS_CANCELLED', 'The client went away')
}

async function execute(ask: Ask, session: EngineSession): Promise<Answer | null> {
  refuseGone(ask)
  const { work, format, sendLarge } = ask
  const inserted = work.rows && (await insertPlainRows(session, work.rows))
  if (inserted) return inserted
  if (!sendLarge) return session.run(work.sql, format)
  const startedAt = performance.now()
  const pieces = session.stream(work.sql, format)
  const held: Uint8Array[] = []
  let bytesRead = 0
  let rowsRead = 0
  try {
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
      held.push(next.value.bytes)
      rowsRead += next.value.rows
      bytesRead += next.value.bytes.length
      if (bytesRead > HELD_BYTES) {
        await sendLarge(bytesOf(held.splice(0), pieces))
        return null
      }
    }
  } finally {
    await pieces.return(undefined)
  }
  const elapsedNs = Math.round((performance.now() - startedAt) * 1e6)
  return { body: Buffer.concat(held), rowsRead, bytesRead, elapsedNs }
}

async function* bytesOf(held: Uint8Array[], rest: AsyncIterable<Piece>) {
  yield* held
  for await (const { bytes } of rest) yield bytes
}

async function setUp({ spool, lanes }: Engine, { work, account, params, id }: Ask, session: EngineSession) {
  const tables = work.tables.map(({ name }) => name)
  const { settings } = lanes[account]
  const limits = settings.length > 0 ? [setStatement(settings)] : []
  await session.run([...preludeOf(params, { id, tables }), ...limits].join(';\n'), 'Null')
  for (const { name, structure, format, data } of work.tables) {
    await using file = await spool.write([data])
    await session.run(`CREATE TEMPORARY TABLE ${quoteName(name)} (${structure})`, 'Null')
    await session.run(`INSERT INTO ${quoteName(name)} ${infile(file, null)} FORMAT ${quoteName(format)}`, 'Null')
  }
}

/** On a session that goes on, what belongs to this request alone is put back: its settings, database and tables. */
async function runNamed(engine: Engine, ask: Ask, session: EngineSession): Promise<Answer | null> {
  // `SET readonly` could not be taken back.
  if (ask.readonly > 0 && !ask.work.reads)
    throw new EngineError(164, 'READONLY', 'Cannot execute query in readonly mode')
  const restore = await before(ask, session)
  try {
    await setUp(engine, ask, session)
    return await execute(ask, session)
  } finally {
    for (const statement of restore) await session.run(statement, 'Null').catch(() => undefined)
  }
}

async function before({ work, params }: Ask, session: EngineSession): Promise<string[]> {
  const tables = work.tables.map(({ name }) => name)
  const names = settingsOf(params, tables).map(([name]) => quoteString(name))
  const restore = tables.map((name) => `DROP TEMPORARY TABLE IF EXISTS ${quoteName(name)}`)
  if (names.length > 0) {
    const sql = `SELECT name, value FROM system.settings WHERE name IN (${names.join(', ')})`
    const { body } = await session.run(sql, 'JSONCompact')
    const { data } = JSON.parse(Buffer.from(body).toString()) as { data: [string, string][] }
    if (data.length > 0) restore.push(setStatement(data))
  }
  if (params.get('database')) {
    const { body } = await session.run('SELECT currentDatabase()', 'TSVRaw')
    restore.push(`USE ${quoteName(Buffer.from(body).toString().trimEnd())}`)
  }
  return restore
}
