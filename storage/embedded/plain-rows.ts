import type { Answer, EngineSession } from './chdb-sessions.ts'
import { quoteName } from './sql-tokens.ts'
import type { InsertStatement } from './statement.ts'

/** RowBinary rows for named columns of a table, in a file. */
export interface RowsWork {
  table: string
  columns: string
  settings: string
  /** The clause that reads the file. */
  infile: string
}

/** Rows are held in memory between the two steps: longer files take the engine's own way. */
export const MAX_HELD_BYTES = 128 * 2 ** 20

const NAME = '(?:`[^`\\\\]+`|\\w+)'
const TARGET = new RegExp(`^INSERT\\s+INTO\\s+(?:TABLE\\s+)?(${NAME}(?:\\.${NAME})?)\\s*\\(([^()]+)\\)$`, 'i')

/** The parts of `INSERT INTO table (columns) FORMAT RowBinary`; null for any other insert. */
export function rowsWork({ head, settings, format }: InsertStatement, infile: string): RowsWork | null {
  const [, table, columns] = (format === 'RowBinary' && TARGET.exec(head)) || []
  return table && columns ? { table, columns, settings, infile } : null
}

/**
 * Inserts RowBinary into columns with dictionaries (LowCardinality), also inside maps, twice as fast as the engine does by
 * itself: it looks up value after value while it reads rows, but here reads them as plain texts first and converts whole
 * columns. `npm run bench -- ingest` shows the difference. Null when no column has a dictionary: nothing was done then.
 *
 * One thread, so that a repeated insert has the same blocks, which its token stands for.
 */
export async function insertPlainRows(session: EngineSession, work: RowsWork): Promise<Answer | null> {
  const { table, columns, settings, infile } = work
  const structure = await plainStructure(session, table, columns)
  if (structure === null) return null
  const rows = quoteName('rows of this insert')
  await session.run(`CREATE TEMPORARY TABLE ${rows} (${structure}) ENGINE = Memory`, 'Null')
  try {
    const read = await session.run(`INSERT INTO ${rows} ${infile} ${settings} FORMAT RowBinary`, 'Null')
    const ordered = `${settings === '' ? 'SETTINGS' : `${settings},`} max_threads = 1, max_insert_threads = 1`
    const stored = await session.run(`INSERT INTO ${table} (${columns}) SELECT * FROM ${rows} ${ordered}`, 'Null')
    return { ...read, elapsedNs: read.elapsedNs + stored.elapsedNs }
  } finally {
    await session.run(`DROP TEMPORARY TABLE IF EXISTS ${rows}`, 'Null').catch(() => undefined)
  }
}

/** Null also for columns that cannot be read, such as EPHEMERAL ones, or are not there: that the engine says best itself. */
async function plainStructure(session: EngineSession, table: string, columns: string): Promise<string | null> {
  const described = await session.run(`DESCRIBE (SELECT ${columns} FROM ${table})`, 'JSONCompact').catch(() => null)
  if (described === null) return null
  const { data } = JSON.parse(Buffer.from(described.body).toString()) as { data: [name: string, type: string][] }
  if (!data.some(([, type]) => type.includes('LowCardinality('))) return null
  return data.map(([name, type]) => `${quoteName(name)} ${plainType(type)}`).join(', ')
}

/** `Map(LowCardinality(String), String)` → `Map(String, String)`: the same bytes in RowBinary. */
export const plainType = (type: string): string => type.replace(/LowCardinality\(((?:[^()]|\([^()]*\))*)\)/g, '$1')
