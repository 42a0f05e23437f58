import { quoteName, quoteString } from './sql-tokens.ts'

/** Parameters of the transport: they have no meaning inside the engine, which would refuse them as unknown settings. */
const TRANSPORT = new Set([
  'query', 'query_id', 'database', 'default_format', 'session_id', 'session_timeout', 'session_check', 'user', 'password',
  'quota_key', 'role', 'wait_end_of_query', 'buffer_size', 'compress', 'decompress', 'client_protocol_version', 'stacktrace',
  'close_session', 'log_comment',
]) // biome-ignore format: a list

/** `http_*` settings steer the server's own HTTP handler; these two are about the query. */
const HTTP_SETTINGS = new Set(['http_max_field_value_size', 'http_headers_progress_interval_ms'])

/** Settings among the URL's parameters: name → value as sent. */
export function settingsOf(params: URLSearchParams): [string, string][] {
  return [...params].filter(([name]) => {
    if (TRANSPORT.has(name) || name.startsWith('param_')) return false
    if (/_(format|structure|types)$/.test(name) && !/^(input|output|format|date_time)_/.test(name)) return false
    return !name.startsWith('http_') || HTTP_SETTINGS.has(name)
  })
}

/**
 * Statements that give a fresh session what the request asks for: settings, bound parameters, database.
 * A parameter's value arrives in the escaping of TabSeparated and the engine takes it so; only the literal is quoted.
 */
export function preludeOf(params: URLSearchParams, { readonly = false } = {}): string[] {
  const statements: string[] = []
  for (const [name, value] of settingsOf(params)) statements.push(`SET ${quoteName(name)} = ${quoteString(value)}`)
  for (const [name, value] of params) {
    if (name.startsWith('param_')) statements.push(`SET ${quoteName(name)} = ${quoteString(value)}`)
  }
  const database = params.get('database')
  if (database) statements.push(`USE ${quoteName(database)}`)
  // Last, since it also forbids to change itself: settings may still be set by the statement, data may not be changed.
  if (readonly) statements.push('SET readonly = 2')
  return statements
}
