import { beginsMark } from './redacted-url.ts'

/** Database systems whose strings know `\'`, and take double quotes for strings, too. */
const BACKSLASH: ReadonlySet<string> = new Set([
  ...[
    'mysql',
    'mariadb',
    'clickhouse',
    'gcp.bigquery',
    'bigquery',
    'hive',
    'spanner',
    'gcp.spanner',
    'snowflake',
    'neo4j',
  ],
])
/** Those whose double quotes hold names and whose backslash is a character like others. */
const STANDARD: ReadonlySet<string> = new Set([
  ...['postgresql', 'cockroachdb', 'oracle', 'oracle.db', 'mssql', 'microsoft.sql_server', 'sqlite', 'db2', 'ibm.db2'],
  ...[
    'h2',
    'h2database',
    'trino',
    'cassandra',
    'redshift',
    'aws.redshift',
    'sap.hana',
    'firebird',
    'firebirdsql',
    'derby',
  ],
])
/** Systems whose commands are words, any of which may be a value. */
const COMMANDS: ReadonlySet<string> = new Set(['redis', 'valkey', 'memcached'])

const DIGIT = /[0-9]/
const WORD_CHAR = /[\p{L}\p{N}_$]/u
const NUMBER = /(?:0[xb][0-9a-f]+|\d[\d_]*(?:\.\d*)?(?:e[+-]?\d+)?)/iy
const DOLLAR_TAG = /\$(?:[A-Za-z_]\w*)?\$/y

/**
 * A query without its values: literals and numbers become `?`, comments go; names, keywords and placeholders stay.
 * Where it cannot be told how the system writes a string, everything behind the doubt is `?`.
 * Source: https://opentelemetry.io/docs/specs/semconv/db/database-spans/#sanitization-of-dbquerytext.
 */
export function redactQuery(text: string, system: string): string {
  if (COMMANDS.has(system)) return redactCommands(text)
  const first = text.trimStart()[0]
  if (first === '{' || (first === '[' && !beginsMark(text.trimStart(), 0))) return redactJson(text)
  return redactSql(text, system)
}

/** `SET user:7 secret` → `SET ?`, line by line, as pipelines are written. */
const redactCommands = (text: string): string =>
  text
    .split('\n')
    .map((line) => {
      const [verb = '', ...rest] = line.trim().split(/\s+/, 2)
      return rest.length === 0 || rest[0] === '' ? verb : `${verb} ?`
    })
    .join('\n')

/** Keys stay, values become `?`; text that only looks like JSON is hidden as a whole. */
function redactJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text, (_, value: unknown) => (typeof value === 'object' && value ? value : '?')))
  } catch {
    return '?'
  }
}

function redactSql(text: string, system: string): string {
  const hasBackslash = BACKSLASH.has(system)
  const isStandard = STANDARD.has(system)
  let result = ''
  let at = 0
  while (at < text.length) {
    const char = text[at]!
    const comment = commentEnd(text, at, hasBackslash)
    if (comment > at) {
      // A blank, so that what stood on both sides does not become another word.
      result += ' '
      at = comment
    } else if (char === "'" || (char === '"' && !isStandard)) {
      const isEscaped =
        hasBackslash || (isStandard && /(?<![\p{L}\p{N}_])e$/iu.test(text.slice(Math.max(0, at - 2), at)))
      const end = stringEnd(text, at, isEscaped)
      result += '?'
      // An unknown system and a backslash before a quote: the string may end here or not.
      if (!isEscaped && !isStandard && /\\['"]/.test(text.slice(at + 1, end))) return result
      at = end
    } else if (char === '"' || char === '`') {
      const end = stringEnd(text, at, false)
      result += text.slice(at, end)
      at = end
    } else if (char === '$' && tagAt(text, at) !== '') {
      const tag = tagAt(text, at)
      result += '?'
      at = after(text, tag, at + tag.length)
    } else if (WORD_CHAR.test(char)) {
      const end = DIGIT.test(char) ? numberEnd(text, at) : wordEnd(text, at)
      result += DIGIT.test(char) ? '?' : text.slice(at, end)
      at = end
    } else {
      // Parameters keep their names: $1, :id, @p1.
      const end = /[$:@]/.test(char) ? wordEnd(text, at + 1) : at + 1
      result += text.slice(at, end)
      at = end
    }
  }
  return result
}

/** Behind the comment that begins at `at`; `at` when none does. */
function commentEnd(text: string, at: number, hasHash: boolean): number {
  if (text.startsWith('--', at) || (hasHash && text[at] === '#')) return lineEnd(text, at)
  return text.startsWith('/*', at) ? after(text, '*/', at + 2) : at
}

const after = (text: string, mark: string, from: number): number => {
  const found = text.indexOf(mark, from)
  return found < 0 ? text.length : found + mark.length
}

const lineEnd = (text: string, from: number): number => {
  const found = text.indexOf('\n', from)
  return found < 0 ? text.length : found
}

/** Behind the closing quote; a doubled quote is part of the string. */
function stringEnd(text: string, start: number, hasBackslash: boolean): number {
  const quote = text[start]
  for (let at = start + 1; at < text.length; at++) {
    if (hasBackslash && text[at] === '\\') at++
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1
      at++
    }
  }
  return text.length
}

function tagAt(text: string, at: number): string {
  DOLLAR_TAG.lastIndex = at
  return DOLLAR_TAG.exec(text)?.[0] ?? ''
}

function numberEnd(text: string, at: number): number {
  NUMBER.lastIndex = at
  NUMBER.exec(text)
  return wordEnd(text, NUMBER.lastIndex || at + 1)
}

function wordEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && WORD_CHAR.test(text[at]!)) at++
  return at
}
