import { appendFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineSession } from './chdb-sessions.ts'
import { quoteName } from './sql-tokens.ts'

/**
 * A table outside a cluster writes an insert's deduplication token to a log, and only then makes the part visible.
 * Killed in between, it would take the writer's retry for a duplicate although nothing is stored: rows that the writer
 * sees acknowledged are lost. So before the first insert after a start, tokens whose part does not exist are forgotten.
 */
export async function forgetUnstoredTokens(session: EngineSession): Promise<void> {
  const sql = `SELECT database, name, data_paths[1] AS path FROM system.tables WHERE engine LIKE '%MergeTree' AND notEmpty(data_paths)`
  const { body } = await session.run(sql, 'JSONCompact')
  const { data } = JSON.parse(Buffer.from(body).toString()) as { data: [string, string, string][] }
  for (const [database, name, path] of data) {
    const log = await readLog(join(path, 'deduplication_logs'))
    if (!log) continue
    const unstored = unstoredRecords(log.text, await readdir(path))
    if (unstored.length === 0) continue
    // The table reads its log when it is attached.
    const table = `${quoteName(database)}.${quoteName(name)}`
    await session.run('SET check_table_dependencies = 0', 'Null')
    await session.run(`DETACH TABLE ${table} SYNC`, 'Null')
    await appendFile(log.lastFile, unstored.map(({ part, block }) => `${DROP}\t${part}\t${block}\n`).join(''))
    await session.run(`ATTACH TABLE ${table}`, 'Null')
  }
}

const ADD = '1'
const DROP = '2'

interface LogRecord {
  part: string
  block: string
}

/** Tokens of the log (lines of operation, part, token) whose part is neither among `files` nor merged into one of them. */
export function unstoredRecords(log: string, files: string[]): LogRecord[] {
  const known = new Map<string, LogRecord>()
  for (const line of log.split('\n')) {
    const [operation, part, block] = line.split('\t')
    if (!part || !block) continue
    if (operation === ADD) known.set(block, { part, block })
    else known.delete(block)
  }
  const stored = files.flatMap((file) => rangeOf(file) ?? [])
  return [...known.values()].filter(({ part }) => {
    const range = rangeOf(part)
    return range !== null && !stored.some((candidate) => covers(candidate, range))
  })
}

interface BlockRange {
  partition: string
  first: number
  last: number
}

/** `<partition>_<first block>_<last block>_<level>[_<mutation>]`; null for anything else, such as a temporary part. */
function rangeOf(part: string): BlockRange | null {
  const match = /^([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/.exec(part)
  return match ? { partition: match[1] ?? '', first: Number(match[2]), last: Number(match[3]) } : null
}

function covers(outer: BlockRange, inner: BlockRange): boolean {
  return outer.partition === inner.partition && outer.first <= inner.first && inner.last <= outer.last
}

async function readLog(dir: string): Promise<{ text: string; lastFile: string } | null> {
  const names = await readdir(dir).catch(() => [])
  const numberOf = (name: string) => Number(/(\d+)\.txt$/.exec(name)?.[1] ?? 0)
  const files = names.sort((a, b) => numberOf(a) - numberOf(b)).map((name) => join(dir, name))
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const lastFile = files.at(-1)
  return lastFile === undefined ? null : { text: texts.join(''), lastFile }
}
