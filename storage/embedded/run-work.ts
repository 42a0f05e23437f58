import type { Answer, Chdb, EngineSession } from './chdb-sessions.ts'
import { EngineError } from './engine-errors.ts'
import { type NamedSessions, sessionRequest } from './named-sessions.ts'
import { preludeOf, setStatement, settingsOf } from './query-prelude.ts'
import { infile, type Work } from './read-work.ts'
import type { Slots } from './slots.ts'
import type { Spool } from './spool.ts'
import { quoteName, quoteString } from './sql-tokens.ts'

export interface Engine {
  chdb: Chdb
  spool: Spool
  sessions: NamedSessions
  /** Queries and inserts have slots of their own, so that slow boards do not delay ingest. */
  reads: Slots
  writes: Slots
}

export interface Ask {
  work: Work
  params: URLSearchParams
  /** Identifies the run for `chdb.kill`. */
  id: string
  format: string
  /** ClickHouse's `readonly`: 1 = only reads, 2 = also temporary tables and settings; 0 = everything. */
  readonly: number
  /** True once nobody waits for the answer. */
  gone(): boolean
}

/** Runs the work on a session of its own, or on the one the request names, when a slot is free. */
export function runWork(engine: Engine, ask: Ask): Promise<Answer> {
  const slots = ask.work.reads ? engine.reads : engine.writes
  const named = sessionRequest(ask.params)
  return slots.run(async () => {
    refuseGone(ask)
    if (named) return engine.sessions.use(named, (session) => runNamed(engine, ask, session))
    const session = engine.chdb.openSession()
    try {
      // A session for one request: what it sets cannot reach another one.
      await setUp(engine, ask, session)
      if (ask.readonly > 0) await session.run(`SET readonly = ${ask.readonly}`, 'Null')
      refuseGone(ask)
      return await session.run(ask.work.sql, ask.format)
    } finally {
      session.close()
    }
  })
}

function refuseGone({ gone }: Ask) {
  if (gone()) throw new EngineError(394, 'QUERY_WAS_CANCELLED', 'The client went away')
}

async function setUp({ spool }: Engine, { work, params, id }: Ask, session: EngineSession) {
  const tables = work.tables.map(({ name }) => name)
  await session.run(preludeOf(params, { id, tables }).join(';\n'), 'Null')
  for (const { name, structure, format, data } of work.tables) {
    await using file = await spool.write([data])
    await session.run(`CREATE TEMPORARY TABLE ${quoteName(name)} (${structure})`, 'Null')
    await session.run(`INSERT INTO ${quoteName(name)} ${infile(file, null)} FORMAT ${quoteName(format)}`, 'Null')
  }
}

/** On a session that goes on, what belongs to this request alone is put back: its settings, database and tables. */
async function runNamed(engine: Engine, ask: Ask, session: EngineSession): Promise<Answer> {
  // `SET readonly` could not be taken back.
  if (ask.readonly > 0 && !ask.work.reads)
    throw new EngineError(164, 'READONLY', 'Cannot execute query in readonly mode')
  const restore = await before(ask, session)
  try {
    await setUp(engine, ask, session)
    refuseGone(ask)
    return await session.run(ask.work.sql, ask.format)
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
    for (const [name, value] of data) restore.push(setStatement(name, value))
  }
  if (params.get('database')) {
    const { body } = await session.run('SELECT currentDatabase()', 'TSVRaw')
    restore.push(`USE ${quoteName(Buffer.from(body).toString().trimEnd())}`)
  }
  return restore
}
