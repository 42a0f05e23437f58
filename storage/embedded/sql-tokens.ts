export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'symbol'
  text: string
  start: number
  end: number
}

const SKIPPED = /(?:\s|\uFEFF)+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y
const STRING = /'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/y
const QUOTED = /`(?:[^`\\]|\\[\s\S]|``)*(?:`|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)/y
const HEREDOC = /\$(\w*)\$[\s\S]*?\$\1\$/y
const WORD = /[\p{L}\p{N}_$]+/uy

function match(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(sql) ? pattern.lastIndex : -1
}

/**
 * Splits ClickHouse SQL into words, quoted names, strings and single-character symbols; comments and spaces are skipped.
 * Lazy, so that a caller who stops at the FORMAT clause never looks into the data behind it. Never throws.
 */
export function* tokenize(sql: string): Generator<Token> {
  let at = 0
  while (at < sql.length) {
    const skipped = match(SKIPPED, sql, at)
    if (skipped > at) {
      at = skipped
      continue
    }
    const [kind, end] = tokenAt(sql, at)
    yield { kind, text: sql.slice(at, end), start: at, end }
    at = end
  }
}

function tokenAt(sql: string, at: number): [Token['kind'], number] {
  const candidates: [Token['kind'], RegExp][] = [
    ['string', STRING],
    ['quoted', QUOTED],
    ['string', HEREDOC],
    ['word', WORD],
  ]
  for (const [kind, pattern] of candidates) {
    const end = match(pattern, sql, at)
    if (end > at) return [kind, end]
  }
  return ['symbol', at + 1]
}

/** A string as a ClickHouse literal. */
export function quoteString(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

/** A name as a ClickHouse identifier. */
export function quoteName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``
}
