import { EngineError } from './engine-errors.ts'
import { type Token, tokenize } from './sql-tokens.ts'

const SPACE = String.raw`(?:\s|/\*[\s\S]*?\*/|(?:--|#)[^\n]*)*`
/** Reading and writing files by name: clauses that chDB executes on the client's side of its user rights. */
const FILE_CLAUSE = /(?<!\w)(?:infile|outfile)(?!\w)/i
/**
 * Functions that reach files, addresses or programs and that no grant covers: `file('path')` as a value, disks made up in
 * a statement, programs as tables. Quoted or not, and quoted names with escapes, which could spell one of them.
 */
const REACHING = 'file|disk|executable|catboostEvaluate'
const REACHING_CALL = new RegExp(String.raw`(?<!\w)(?<name>${REACHING})[\`"]?${SPACE}\(|\\[^\`"]*[\`"]${SPACE}\(`, 'i')

/** Engines that keep rows inside the store. All others reach for files, addresses or programs, or keep rows elsewhere. */
const ENGINES = new Set([
  ...['', 'Replacing', 'Summing', 'Aggregating', 'Collapsing', 'VersionedCollapsing', 'Coalescing', 'Graphite'].map(
    (kind) => `${kind}MergeTree`.toLowerCase(),
  ),
  // Without rows on the disk; `Atomic` is the engine of databases.
  ...['memory', 'null', 'atomic'],
])

/**
 * Refuses statements that would reach beyond the store past the user's grants: files, network, programs.
 * Calls are looked for in the text and not in tokens: a literal that merely mentions `file(` is refused too, a parameter
 * never is.
 */
export function refuseReaching(sql: string) {
  const clause = FILE_CLAUSE.exec(sql)?.[0] ?? reachingCall(sql)
  if (clause !== null) {
    throw denied(
      `${clause} is not available over this port. If it is only part of a text, pass the text as a parameter, {name:String}`,
    )
  }
  refuseStatement(sql)
}

function reachingCall(sql: string): string | null {
  const found = REACHING_CALL.exec(sql)
  return found && `${found.groups?.name ?? 'file'}()`
}

/** What a statement may begin with; BACKUP and RESTORE ask an address before they ask for a grant. */
const VERBS = new Set(
  'SELECT WITH FROM SHOW DESCRIBE DESC EXPLAIN EXISTS CHECK USE SET INSERT DELETE UPDATE CREATE REPLACE ALTER DROP UNDROP TRUNCATE RENAME EXCHANGE OPTIMIZE ATTACH DETACH KILL SYSTEM'.split(
    ' ',
  ),
)
const DEFINING = new Set(['CREATE', 'ATTACH', 'REPLACE'])

/** Statements of other kinds, tables of other engines, and tables made of files that lie somewhere already. */
function refuseStatement(sql: string) {
  let verb = ''
  let before = ''
  let depth = 0
  let isEngineNext = false
  for (const token of tokenize(sql)) {
    const word = token.kind === 'word' ? token.text.toUpperCase() : ''
    verb ||= word
    if (verb !== '' && !VERBS.has(verb))
      throw new EngineError(
        62,
        'SYNTAX_ERROR',
        `Syntax error: ${verb.slice(0, 40)} begins no statement that this port takes`,
      )
    if (before === 'PARALLEL' && word === 'WITH') throw denied('PARALLEL WITH is not available over this port')
    if (isEngineNext && token.text !== '=') {
      refuseEngine(token)
      isEngineNext = false
    }
    if (token.text === '(') depth++
    if (token.text === ')') depth--
    if (depth === 0 && DEFINING.has(verb)) {
      // What follows is a query, in which `engine` is a column.
      if (word === 'SELECT') verb = 'SELECT'
      // Not so ORDER BY engine.
      isEngineNext ||= word === 'ENGINE' && before !== 'BY'
      if (word === 'FROM' && verb === 'ATTACH') throw denied('ATTACH … FROM is not available over this port')
    }
    before = word
  }
}

function refuseEngine({ kind, text }: Token) {
  const name = kind === 'quoted' ? text.slice(1, -1) : text
  if (ENGINES.has(name.toLowerCase())) return
  throw denied(
    `The engine ${name} is not available over this port: tables are kept in the store, by MergeTree and its kinds or by Memory`,
  )
}

const denied = (text: string) => new EngineError(497, 'ACCESS_DENIED', text)
