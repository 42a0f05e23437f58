/**
 * What a stranger may ask the embedded engine. `readonly=2` keeps the tables as they are, but the engine is a library
 * inside our own process: its table functions read any file and call any address, `SELECT … INTO OUTFILE` writes one,
 * its database `default` is the file system, and a nested SETTINGS clause lifts every limit. So a statement is taken
 * apart into tokens and refused when it uses one of these; what the tokenizer does not understand is refused too.
 */

interface Token {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'sign'
  /** Without quotes and escapes. */
  text: string
}

/** Table functions that only compute, and no more than is read of them. Every other one the engine knows is refused. */
const HARMLESS_TABLE_FUNCTIONS = new Set([
  'format',
  'generate_series',
  'generateseries',
  'null',
  'numbers',
  'numbers_mt',
  'primes',
  'sqlstandardvalues',
  'values',
  'view',
  'zeros',
  'zeros_mt',
])
/** Functions that open files, and why they are refused; also usable without a call, as in `arrayMap(file, …)`. */
const REACHING_FUNCTIONS = new Map([
  ...['file', 'catboostevaluate'].map((name): [string, string] => [name, 'reads files']),
  ...['sleep', 'sleepeachrow'].map((name): [string, string] => [name, 'holds a place and does nothing']),
])
/** Functions that ask addresses, or whose one call takes time that nothing can cut short, however little it reads. */
const REFUSED_CALLS = new Map([
  ...['aigenerate', 'aiclassify', 'aiextract', 'aitranslate', 'aiembed'].map((name): [string, string] => [
    name,
    'asks an address',
  ]),
  // Measured: seconds after their query was to end, these still ran.
  ...[
    ...['editdistance', 'editdistanceutf8', 'levenshteindistance', 'levenshteindistanceutf8', 'arrayfold'],
    ...[
      'dameraulevenshteindistance',
      'arraylevenshteindistance',
      'arraylevenshteindistanceweighted',
      'arraysimilarity',
    ],
  ].map((name): [string, string] => [name, 'cannot be stopped once it runs']),
])
const STATEMENTS = new Set(['select', 'with', 'show', 'describe', 'desc', 'exists', 'explain'])
/** Settings a statement may bring along with any value; Grafana's ad-hoc filters are the first. */
const SETTINGS = new Set([
  'additional_table_filters',
  'additional_result_filter',
  'join_use_nulls',
  'session_timezone',
  'date_time_output_format',
  'group_by_use_nulls',
  'transform_null_in',
  'union_default_mode',
  'prefer_column_name_to_alias',
  'output_format_json_quote_64bit_integers',
  'output_format_json_quote_denormals',
  'output_format_json_quote_decimals',
])
/** Settings of which only this value is taken: a part of an answer must not look like the whole. */
const FIXED: Readonly<Record<string, string>> = {
  timeout_overflow_mode: 'throw',
  result_overflow_mode: 'throw',
  read_overflow_mode: 'throw',
  group_by_overflow_mode: 'throw',
  sort_overflow_mode: 'throw',
}

/** Settings that a statement may lower: the most it may say. 0, which lifts a limit, is not taken. */
export type Limits = Readonly<Record<string, number>>

const NO_LIMIT = Number.MAX_SAFE_INTEGER
/** Limits that nobody sets here: any is lower. */
const FURTHER_LIMITS: Limits = {
  max_bytes_to_read: NO_LIMIT,
  max_rows_to_group_by: NO_LIMIT,
  max_rows_to_sort: NO_LIMIT,
  max_bytes_to_sort: NO_LIMIT,
  max_rows_in_set: NO_LIMIT,
  max_bytes_in_set: NO_LIMIT,
  max_rows_in_join: NO_LIMIT,
  max_bytes_in_join: NO_LIMIT,
  max_columns_to_read: NO_LIMIT,
  limit: NO_LIMIT,
  // The smallest share of memory and threads that a reader has in the engine.
  max_memory_usage: 64 * 2 ** 20,
  max_threads: 1,
}
/** Bounds of a query of a guest. */
export const GUEST_LIMITS = {
  max_execution_time: 30,
  max_rows_to_read: 2_000_000_000,
  max_result_rows: 1_000_000,
  max_result_bytes: 256 * 2 ** 20,
} as const satisfies Limits
/** Words that can follow a table or column called `settings`; no setting has such a name. */
const AFTER_A_NAME = new Set(
  'and any array as asc between cross desc else end final from full group having ilike in inner is join left like not on or order prewhere right then union using when where'.split(
    ' ',
  ),
)
/** Words that end a list of settings. */
const AFTER_SETTINGS = new Set(['union', 'intersect', 'except', 'format', 'into', 'parallel'])
/** The file system as a database of chDB. */
const FILE_DATABASE = 'default'

const TOKENS =
  /(?<space>[ \t\r\n\f\v]+|--[^\n]*|\/\*(?:(?!\/\*|\*\/)[\s\S])*\*\/)|(?<string>'(?:[^'\\]|\\[\s\S]|'')*')|(?<quoted>`(?:[^`\\]|``)*`|"(?:[^"\\]|"")*")|(?<number>\d\w*(?:\.\d\w*)?)|(?<word>[A-Za-z_]\w*)|(?<sign>[()[\]{},.;:=<>!+\-%|?@^&~]|\*(?!\/)|\/(?!\*))/y

/**
 * Why the statement is refused, in words for its sender; null when it may run.
 * @param tableFunctions all names in `system.table_functions`
 * @param limits that the statement runs under, and may lower
 */
export function refusalOf(
  sql: string,
  tableFunctions: ReadonlySet<string>,
  limits: Limits = GUEST_LIMITS,
): string | null {
  const tokens = tokenize(sql)
  if (typeof tokens === 'string') return tokens
  while (isSign(tokens.at(-1), ';')) tokens.pop()
  const first = tokens.find((token) => !isSign(token, '('))
  if (first?.kind !== 'word' || !STATEMENTS.has(first.text.toLowerCase()))
    return `only ${[...STATEMENTS].join(', ').toUpperCase()} are answered here`
  if (tokens.some((token) => isSign(token, ';'))) return 'one statement at a time'
  return (
    refusedName(tokens, lowerCase(tableFunctions)) ??
    refusedSettings(tokens, lowerCase(tableFunctions), { ...FURTHER_LIMITS, ...limits })
  )
}

const lowerCase = (names: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...names].map((name) => name.toLowerCase()))

const isSign = (token: Token | undefined, text: string): boolean => token?.kind === 'sign' && token.text === text
const isName = (token: Token | undefined): token is Token => token?.kind === 'word' || token?.kind === 'quoted'

function refusedName(tokens: readonly Token[], tableFunctions: ReadonlySet<string>): string | null {
  for (const [k, token] of tokens.entries()) {
    if (!isName(token)) continue
    const name = token.text.toLowerCase()
    const next = tokens[k + 1]
    const why = REACHING_FUNCTIONS.get(name) ?? (isSign(next, '(') ? REFUSED_CALLS.get(name) : undefined)
    if (why !== undefined) return `${token.text} ${why}`
    if (name === 'outfile') return 'INTO OUTFILE writes files'
    if (token.text === FILE_DATABASE && isSign(next, '.')) return `the database ${FILE_DATABASE} is not readable here`
    if (name === 'identifier' && isSign(tokens[k - 1], ':')) return 'parameters of type Identifier are not taken'
    if (isSign(next, '(') && tableFunctions.has(name) && !HARMLESS_TABLE_FUNCTIONS.has(name))
      return `the table function ${token.text} is not available here`
  }
  return null
}

/** Every setting after the word SETTINGS, up to the end of its (sub)query; filters inside are statements' parts too. */
function refusedSettings(tokens: readonly Token[], tableFunctions: ReadonlySet<string>, limits: Limits): string | null {
  for (const [start, token] of tokens.entries()) {
    if (token.kind !== 'word' || token.text.toLowerCase() !== 'settings') continue
    const [name, next] = [tokens[start + 1], tokens[start + 2]]
    if (!isName(name)) continue
    // A setting without a value is switched on, and others may follow it. A table or column `settings` goes on otherwise.
    const isSwitch = !isSign(next, '=')
    const isQualified = isSign(tokens[start - 1], '.') && isName(tokens[start - 2])
    if (isSwitch && (isQualified || AFTER_A_NAME.has(name.text.toLowerCase()))) continue
    if (isSwitch) return `say a value: ${name.text} = 1`
    const refusal = refusedClause(clauseOf(tokens.slice(start + 1)), tableFunctions, limits)
    if (refusal) return refusal
  }
  return null
}

/** The settings that follow, up to the end of the (sub)query they belong to. */
function clauseOf(rest: readonly Token[]): readonly Token[] {
  let depth = 0
  const end = rest.findIndex((token) => {
    depth += depthOf(token)
    return depth < 0 || (depth === 0 && token.kind === 'word' && AFTER_SETTINGS.has(token.text.toLowerCase()))
  })
  return end === -1 ? rest : rest.slice(0, end)
}

const depthOf = ({ kind, text }: Token): number =>
  kind !== 'sign' ? 0 : '([{'.includes(text) ? 1 : ')]}'.includes(text) ? -1 : 0

function refusedClause(clause: readonly Token[], tableFunctions: ReadonlySet<string>, limits: Limits): string | null {
  let depth = 0
  for (const [k, token] of clause.entries()) {
    depth += depthOf(token)
    const isListed = depth === 0 && isSign(clause[k - 1], ',')
    if (isName(token) && (isListed || isSign(clause[k + 1], '='))) {
      const refusal = refusedSetting(token.text, clause.slice(k + 2), limits)
      if (refusal) return refusal
    }
    if (token.kind !== 'string') continue
    const inner = tokenize(token.text)
    const refusal = typeof inner === 'string' ? inner : refusedName(inner, tableFunctions)
    if (refusal) return refusal
  }
  return null
}

/** Why a setting is refused that is followed by `rest`: its value, and the next setting. */
function refusedSetting(name: string, [value, behind]: readonly Token[], limits: Limits): string | null {
  if (SETTINGS.has(name)) return null
  const isAlone = behind === undefined || isSign(behind, ',')
  const text = isAlone && (value?.kind === 'number' || value?.kind === 'string') ? value.text : ''
  if (Object.hasOwn(FIXED, name)) {
    return text === FIXED[name] ? null : `the setting ${name} cannot be changed here; it is '${FIXED[name]}'`
  }
  const most = Object.hasOwn(limits, name) ? limits[name] : undefined
  if (most === undefined) return `the setting ${name} cannot be changed here`
  const asked = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  const range = most === NO_LIMIT ? 'a number above 0' : most === 1 ? '1' : `1 to ${most}`
  return asked > 0 && asked <= most ? null : `the setting ${name} cannot be changed here, only lowered: say ${range}`
}

/** The tokens of a statement, or why it cannot be read for certain. */
function tokenize(sql: string): Token[] | string {
  const tokens: Token[] = []
  let end = 0
  for (const match of sql.matchAll(new RegExp(TOKENS, 'gy'))) {
    const { space, string, quoted, number, word, sign } = match.groups as Record<string, string | undefined>
    const adjacent = /\w/.test(sql[match.index - 1] ?? '')
    end = match.index + match[0].length
    if (space !== undefined) continue
    if (string !== undefined) {
      // x'41' and its kind are literals of other rules, which end elsewhere.
      if (adjacent) return 'put a space before a quoted text'
      tokens.push({ kind: 'string', text: decodeEscapes(string.slice(1, -1)) })
    } else if (quoted !== undefined) {
      const quote = quoted[0] as string
      tokens.push({ kind: 'quoted', text: quoted.slice(1, -1).replaceAll(quote + quote, quote) })
    } else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else tokens.push({ kind: 'sign', text: sign ?? '' })
  }
  return end === sql.length ? tokens : `cannot be read at position ${end}: ${JSON.stringify(sql.slice(end, end + 20))}`
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', 0: '\0', b: '\b', f: '\f', a: '\x07', v: '\v' }

function decodeEscapes(text: string): string {
  return text.replace(
    /''|\\x([0-9A-Fa-f]{2})|\\([\s\S])/g,
    (whole, hex: string | undefined, one: string | undefined) => {
      if (whole === "''") return "'"
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
      return ESCAPES[one ?? ''] ?? one ?? ''
    },
  )
}
