import { type Token, tokenize } from './sql-tokens.ts'

/**
 * What the front must know of a statement before the engine parses it.
 * - `insert`: rows follow the statement (FORMAT x or VALUES); `dataStart` is where they begin.
 * - `read`: cannot change anything, so it may be killed when nobody waits for it any more.
 * - `other`: everything else.
 */
export type Statement =
  | { kind: 'insert'; head: string; settings: string; format: string; dataStart: number }
  | { kind: 'read' | 'other'; format: string | null; several: boolean }

const READS = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', 'CHECK'])
const CLAUSES = new Set(['VALUES', 'FORMAT', 'SELECT', 'WITH', 'FROM', 'SETTINGS', 'WATCH', 'EXPLAIN'])

/** Reads a statement's kind and format clause. A text that is no SQL is `other`: the engine has the better message. */
export function parseStatement(sql: string): Statement {
  const tokens = tokenize(sql)
  let first = tokens.next().value as Token | undefined
  while (first?.text === '(') first = tokens.next().value as Token | undefined
  if (first && isWord(first, 'INSERT')) {
    const insert = parseInsert(sql, tokens)
    if (insert) return insert
  }
  return parsePlain(sql, first !== undefined && READS.has(first.text.toUpperCase()))
}

function isWord(token: Token, word: string): boolean {
  return token.kind === 'word' && token.text.toUpperCase() === word
}

/** `INSERT INTO [TABLE] [FUNCTION] name [(columns)] [SETTINGS …] FORMAT x | VALUES`; null when the rows come from elsewhere. */
function parseInsert(sql: string, tokens: Iterator<Token>): Statement | null {
  let depth = 0
  let named = false
  let afterDot = false
  let settingsStart: number | null = null
  for (let token = tokens.next().value as Token | undefined; token; token = tokens.next().value as Token | undefined) {
    if (token.text === '(') depth++
    else if (token.text === ')') depth--
    if (depth > 0 || token.kind === 'symbol' || token.kind === 'string') {
      afterDot = token.text === '.'
      continue
    }
    const word = token.kind === 'word' ? token.text.toUpperCase() : ''
    if (!named) {
      named = !['INTO', 'TABLE', 'FUNCTION'].includes(word)
      continue
    }
    if (afterDot) {
      afterDot = false
      continue
    }
    if (!CLAUSES.has(word)) continue
    if (word === 'SETTINGS') {
      settingsStart ??= token.start
      continue
    }
    if (word !== 'FORMAT' && word !== 'VALUES') return null
    const format = word === 'FORMAT' ? (tokens.next().value as Token | undefined) : { ...token, text: 'Values' }
    if (!format || (format.kind !== 'word' && format.kind !== 'quoted')) return null
    return {
      kind: 'insert',
      head: sql.slice(0, settingsStart ?? token.start).trim(),
      settings: settingsStart === null ? '' : sql.slice(settingsStart, token.start).trim(),
      format: format.text,
      dataStart: startOfData(sql, format.end),
    }
  }
  return null
}

/** Rows begin after the spaces that follow the format name and at most one line break, as in the server. */
function startOfData(sql: string, at: number): number {
  return at + (/^[ \t\f]*;?[ \t\f]*(?:\r?\n)?/.exec(sql.slice(at, at + 64))?.[0].length ?? 0)
}

function parsePlain(sql: string, reads: boolean): Statement {
  let format: string | null = null
  let depth = 0
  let previous: Token | null = null
  let ended = false
  let several = false
  for (const token of tokenize(sql)) {
    if (ended && token.text !== ';') several = true
    if (token.text === '(') depth++
    else if (token.text === ')') depth--
    else if (token.text === ';') ended = true
    if (depth === 0 && previous && isWord(previous, 'FORMAT') && token.kind === 'word') format = token.text
    previous = token
  }
  return { kind: reads ? 'read' : 'other', format, several }
}
