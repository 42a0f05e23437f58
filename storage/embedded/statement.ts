import { type Token, tokenize } from './sql-tokens.ts'

/**
 * What the front must know of a statement before the engine parses it.
 * - `insert`: rows follow the statement (FORMAT x or VALUES); `dataStart` is where they begin.
 * - `read`: cannot change anything, so it may be killed when nobody waits for it any more.
 * - `other`: everything else.
 */
export type Statement = InsertStatement | PlainStatement

/** `<head> <settings> FORMAT <format>`, then rows. */
export interface InsertStatement {
  kind: 'insert'
  head: string
  settings: string
  format: string
  dataStart: number
}

export interface PlainStatement {
  kind: 'read' | 'other'
  /** The statement's own FORMAT. */
  format: string | null
  /** More statements follow after a semicolon. */
  several: boolean
}

const READS = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', 'CHECK'])
const INTO = new Set(['INTO', 'TABLE', 'FUNCTION'])
/** An insert whose rows come from one of these has no rows of its own. */
const SOURCES = new Set(['SELECT', 'WITH', 'FROM', 'WATCH', 'EXPLAIN'])

/** Reads a statement's kind and format clause. A text that is no SQL is `other`: the engine has the better message. */
export function parseStatement(sql: string): Statement {
  const tokens = tokenize(sql)
  let first = tokens.next().value as Token | undefined
  while (first?.text === '(') first = tokens.next().value as Token | undefined
  if (first && isWord(first, 'INSERT')) {
    const insert = parseInsert(sql, tokens)
    if (insert) return insert
  }
  return parsePlain(sql, first?.text.toUpperCase() ?? '')
}

function isWord(token: Token, word: string): boolean {
  return token.kind === 'word' && token.text.toUpperCase() === word
}

/** `INSERT INTO [TABLE] [FUNCTION] name [(columns)] [SETTINGS …] FORMAT x | VALUES`; null when the rows come from elsewhere. */
function parseInsert(sql: string, tokens: Iterable<Token>): InsertStatement | null {
  const before = {
    depth: 0,
    named: false,
    dot: false,
    formatKeyword: null as Token | null,
    settings: null as Token | null,
  }
  for (const token of tokens) {
    if (before.formatKeyword) return insertAt(sql, before.formatKeyword, before.settings, token.text, token.end)
    if (token.text === '(') before.depth++
    if (token.text === ')') before.depth--
    const word = token.kind === 'word' && before.depth === 0 && !before.dot ? token.text.toUpperCase() : ''
    before.dot = token.text === '.'
    if (!before.named) {
      const name = token.kind === 'quoted' || (word !== '' && !INTO.has(word))
      before.named = name || token.text === '{'
    } else if (word === 'SETTINGS') before.settings ??= token
    else if (word === 'FORMAT') before.formatKeyword = token
    else if (word === 'VALUES') return insertAt(sql, token, before.settings, 'Values', token.end)
    else if (SOURCES.has(word)) return null
  }
  return null
}

function insertAt(sql: string, keyword: Token, settings: Token | null, format: string, end: number): InsertStatement {
  return {
    kind: 'insert',
    head: sql.slice(0, settings?.start ?? keyword.start).trim(),
    settings: settings ? sql.slice(settings.start, keyword.start).trim() : '',
    format,
    dataStart: startOfData(sql, end),
  }
}

/** Rows begin after the spaces that follow the format name and at most one line break, as in the server. */
function startOfData(sql: string, at: number): number {
  return at + (/^[ \t\f]*;?[ \t\f]*(?:\r?\n)?/.exec(sql.slice(at, at + 64))?.[0].length ?? 0)
}

function parsePlain(sql: string, verb: string): PlainStatement {
  let format: string | null = null
  let reads = READS.has(verb)
  let depth = 0
  let previous: Token | null = null
  let ended = false
  let several = false
  for (const token of tokenize(sql)) {
    if (ended && token.text !== ';') several = true
    if (token.text === '(') depth++
    else if (token.text === ')') depth--
    else if (token.text === ';') ended = true
    // WITH … INSERT INTO … SELECT
    else if (depth === 0 && isWord(token, 'INSERT')) reads = false
    if (depth === 0 && previous && isWord(previous, 'FORMAT') && token.kind === 'word') format = token.text
    previous = token
  }
  return { kind: reads ? 'read' : 'other', format, several }
}
