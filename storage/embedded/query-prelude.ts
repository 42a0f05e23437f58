import { quoteName, quoteString } from './sql-tokens.ts'

/** Parameters of the transport: they have no meaning inside the engine, which would refuse them as unknown settings. */
const TRANSPORT = new Set([
  ...[
    'query',
    'query_id',
    'database',
    'default_format',
    'session_id',
    'session_timeout',
    'session_check',
    'close_session',
  ],
  ...['user', 'password', 'quota_key', 'role', 'client_protocol_version', 'stacktrace', 'log_comment', 'readonly'],
  ...['rows_file', 'wait_end_of_query', 'buffer_size', 'compress', 'decompress', 'http_response_headers'],
])

/** Settings among the URL's parameters, as sent; `tables` are the names of external tables, described by `<name>_…`. */
export function settingsOf(params: URLSearchParams, tables: string[] = []): [string, string][] {
  const described = new Set(tables.flatMap((name) => [`${name}_structure`, `${name}_types`, `${name}_format`]))
  return [...params].filter(
    ([name]) => !TRANSPORT.has(name) && !described.has(name) && !name.startsWith('param_') && !name.startsWith('http_'),
  )
}

/** One statement for all of them: each costs a round through the engine. */
export function setStatement(settings: [string, string][]): string {
  return `SET ${settings.map(([name, value]) => `${quoteName(name)} = ${quoteString(value)}`).join(', ')}`
}

/**
 * Statements that give a session what the request asks for: settings, bound parameters, database.
 * A parameter's value arrives in the escaping of TabSeparated and the engine takes it so; only the literal is quoted.
 */
export function preludeOf(params: URLSearchParams, { id, tables }: { id: string; tables: string[] }): string[] {
  const bound = [...params].filter(([name]) => name.startsWith('param_'))
  const comment: [string, string] = ['log_comment', `${id} ${params.get('log_comment') ?? ''}`]
  const statements = [setStatement([comment, ...settingsOf(params, tables), ...bound])]
  const database = params.get('database')
  if (database) statements.push(`USE ${quoteName(database)}`)
  return statements
}
