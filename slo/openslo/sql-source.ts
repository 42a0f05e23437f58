import type { PropertyPath, Reporter } from './source.ts'
import { refuseUnknownFields } from './source-fields.ts'

const FIELDS = ['source', 'query']
const COLUMNS = ['minute', 'good', 'total']

/** Far above what a person writes; a definition is kept with every change of it. */
const LONGEST_QUERY = 20_000

/**
 * The SELECT of a metric source `sql`, or null when it is refused. What can be told from its text is checked here: that
 * it is one SELECT, bounded in time, and names its three columns. What it may read is checked when it runs.
 */
export function readQuery(spec: Readonly<Record<string, unknown>>, at: PropertyPath, report: Reporter): string | null {
  const before = report.problems.length
  refuseUnknownFields(spec, FIELDS, { source: 'sql', at, report })
  const { query } = spec
  const path = query === undefined ? at : [...at, 'query']
  const refuse = (message: string, hint?: string) => report.error('plan', path, 'invalid_query', message, hint)
  if (typeof query !== 'string' || query.trim() === '') return refuse('needs a query: one SELECT as text')
  if (query.length > LONGEST_QUERY) return refuse(`has more than ${LONGEST_QUERY} characters`, 'Make it a view')
  const code = withoutTexts(query)
  if (!/^\s*\(*\s*(select|with)\b/i.test(code)) refuse('must begin with SELECT or WITH: it only reads')
  if (/;\s*\S/.test(code)) refuse('must be one statement', 'Remove what follows the first ;')
  for (const bound of ['from', 'to']) {
    if (new RegExp(`\\{\\s*${bound}\\s*:\\s*DateTime\\s*\\}`).test(code)) continue
    const hint = 'WHERE ts >= {from:DateTime} AND ts < {to:DateTime}'
    refuse(`must be bounded by {${bound}:DateTime}: only the minutes that changed are measured again`, hint)
  }
  const missing = COLUMNS.filter((column) => !new RegExp(`\\b${column}\\b`).test(query))
  if (missing.length > 0) refuse(`must return ${COLUMNS.join(', ')}; it never says ${missing.join(' or ')}`)
  return report.problems.length > before ? null : query.trim()
}

/** SQL with its comments, texts and quoted names emptied, so that what is looked for is not found in them. */
const withoutTexts = (sql: string): string =>
  sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|`[^`]*`/g, ' ')
