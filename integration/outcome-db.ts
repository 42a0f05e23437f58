import { validHttpStatus } from './call-status.ts'
import type { Outcome } from './outcome.ts'
import { outcomeOfHttpStatus } from './outcome-http.ts'

interface CodeSystem {
  /** Takes the code out of what was reported, or null if that is no code of this system. */
  parse: (text: string) => string | null
  /** How clients put the code into the text of an error; each captures it. */
  inMessages: readonly RegExp[]
  outcomes: readonly { outcome: Outcome; codes: RegExp }[]
}

const codes = (list: string): RegExp => new RegExp(`^(?:${list.trim().split(/\s+/).join('|')})$`)

/** A code of the system that no table lists. */
const UNLISTED = 'unlisted'

const NUMBER = /^-?\d{1,9}$/
const numeric = (text: string): string | null =>
  NUMBER.test(text.replace('\u2212', '-')) ? text.replace('\u2212', '-') : null

/**
 * Five characters of which one is a digit, as `EPIPE` is none; `HY000` says nothing but that there was an error.
 * In messages: "(SQLSTATE 23505)" of pgx, "SQLSTATE[23000]" of PDO, "pq: … (23505)", "23505: …" of Npgsql, "ERROR 23505 (…"
 * of Postgrex, "[23505-214]" of H2, "('42S02', …" of pyodbc, "[08S01] [" of ODBC, "Error 1062 (23000)" of Go's MySQL driver.
 * Source: PostgreSQL appendix A, ISO/IEC 9075, ODBC.
 */
const SQLSTATE: CodeSystem = {
  parse: (text) => (/^(?=.*\d)[0-9A-Z]{5}$/.test(text) && text !== 'HY000' ? text : null),
  inMessages: [
    /sqlstate[\s:=["'(]{0,4}([0-9A-Z]{5})\b/i,
    /^\(?'?([0-9A-Z]{5})(?::|',)/,
    /\berror ([0-9A-Z]{5}) \(/i,
    /\[([0-9A-Z]{5})(?:-\d+\]|\] ?\[)/,
    /\(([0-9][0-9A-Z]{4})\)(?:$|:)/,
  ],
  outcomes: [
    { outcome: 'cancelled', codes: codes('57014') },
    { outcome: 'timeout', codes: codes('55P03 HYT0.') },
    { outcome: 'auth', codes: codes('28... 42501') },
    { outcome: 'throttled', codes: codes('53300') },
    { outcome: 'connection', codes: codes('08... 57P..') },
    { outcome: 'server_error', codes: codes('53... 58... XX... F0... HV...') },
  ],
}

/** Names that Node's clients report for numbers below; any other `ER_…` is as unlisted as its number. */
const MYSQL_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ER_CON_COUNT_ERROR: '1040',
    ER_TOO_MANY_USER_CONNECTIONS: '1203',
    ER_USER_LIMIT_REACHED: '1226',
    ER_DBACCESS_DENIED_ERROR: '1044',
    ER_ACCESS_DENIED_ERROR: '1045',
    ER_TABLEACCESS_DENIED_ERROR: '1142',
    ER_COLUMNACCESS_DENIED_ERROR: '1142',
    ER_SPECIFIC_ACCESS_DENIED_ERROR: '1227',
    ER_ACCESS_DENIED_NO_PASSWORD_ERROR: '1698',
    ER_LOCK_WAIT_TIMEOUT: '1205',
    ER_QUERY_TIMEOUT: '3024',
    ER_QUERY_INTERRUPTED: '1317',
    ER_SERVER_SHUTDOWN: '1053',
    ER_DISK_FULL: '1021',
    ER_OUTOFMEMORY: '1037',
    ER_OUT_OF_RESOURCES: '1041',
    ER_UNKNOWN_ERROR: '1105',
    PROTOCOL_CONNECTION_LOST: '2013',
  }),
)

/**
 * In messages: "(1062, …" of Python's clients, "Error 1062 …" of Go's, "[2002]" and ": 1062 " of PDO, "ER_DUP_ENTRY: …".
 * Source: MySQL 8.4 error message reference; MariaDB error codes.
 */
const MYSQL: CodeSystem = {
  parse: (text) =>
    MYSQL_NAMES.get(text) ?? (/^\d{3,4}$/.test(text) ? text : /^ER_[A-Z_]{3,60}$/.test(text) ? UNLISTED : null),
  inMessages: [
    /^\(?([12]\d{3}|3\d{3})[,:]? /,
    /\b(?:error|errno|code)[:= ]{1,3}([123]\d{3})\b/i,
    /\]: [^:\d]{1,60}: ([12]\d{3}) /,
    /\[([12]\d{3})\]/,
    /\b(ER_[A-Z_]{3,60}|PROTOCOL_CONNECTION_LOST)\b/,
  ],
  outcomes: [
    { outcome: 'throttled', codes: codes('1040 1203 1226') },
    { outcome: 'auth', codes: codes('1044 1045 1142 1227 1698') },
    { outcome: 'timeout', codes: codes('1205 3024') },
    { outcome: 'cancelled', codes: codes('1317') },
    { outcome: 'connection', codes: codes('1053 2002 2003 2005 2006 2013 2055') },
    { outcome: 'server_error', codes: codes('1021 1037 1041 1105') },
  ],
}

/** Source: SQL Server database engine errors; Azure SQL transient faults. */
const SQL_SERVER: CodeSystem = {
  parse: numeric,
  inMessages: [/\b(?:error number|msg|errorcode|number)[:= ]{1,3}(-?\d{1,5})\b/i, /\((\d{3,5})\) \(SQL/],
  outcomes: [
    { outcome: 'timeout', codes: codes('-2') },
    { outcome: 'auth', codes: codes('18456 229 230 916') },
    { outcome: 'throttled', codes: codes('10928 10929 40501 49918') },
    { outcome: 'connection', codes: codes('53 233 10053 10054 10060 40613') },
    { outcome: 'server_error', codes: codes('701 823 824') },
  ],
}

/** With or without `ORA-`. Source: Oracle Database error messages, Oracle JDBC driver errors (17xxx). */
const ORACLE: CodeSystem = {
  parse: (text) => /^(?:ORA-)?0*(\d{1,6})$/i.exec(text)?.[1] ?? null,
  inMessages: [/\b(ORA-\d{4,6})\b/i],
  outcomes: [
    { outcome: 'auth', codes: codes('1017 1031 28000') },
    { outcome: 'cancelled', codes: codes('1013') },
    { outcome: 'timeout', codes: codes('12170') },
    { outcome: 'throttled', codes: codes('18 12516 12519 12520') },
    { outcome: 'connection', codes: codes('3113 3114 12514 12541 17002 17410') },
    { outcome: 'server_error', codes: codes('600 7445') },
  ],
}

/**
 * In messages: "E11000 duplicate key …", "error 13 (Unauthorized)" of Java, "'code': 13" of Python.
 * Source: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml.
 */
const MONGODB: CodeSystem = {
  parse: numeric,
  inMessages: [/\bE(\d{5})\b/, /\berror (?:code )?(\d{1,5}) \(/i, /['"]code['"]: ?(\d{1,5})\b/],
  outcomes: [
    { outcome: 'auth', codes: codes('13 18') },
    { outcome: 'timeout', codes: codes('50 89 262') },
    { outcome: 'throttled', codes: codes('16500') },
    { outcome: 'connection', codes: codes('6 7 91 189 10107 11600 11602') },
    { outcome: 'server_error', codes: codes('8') },
  ],
}

/** The first word of an error reply; errno names of the client look alike and are none. Source: Redis protocol, `src/server.c`. */
const REDIS: CodeSystem = {
  parse: (text) => (/^(?!E(?!RR$|XEC))[A-Z][A-Z0-9]{1,30}$/.test(text) ? text : null),
  inMessages: [
    /^(?:[\w.]+(?:Error|Exception): )?(ERR|WRONGTYPE|NOAUTH|WRONGPASS|NOPERM|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|BUSY|OOM|MISCONF|MOVED|ASK|CROSSSLOT|EXECABORT|NOSCRIPT|NOREPLICAS|NOTBUSY|BUSYGROUP|NOGROUP|BUSYKEY|NOPROTO|DENIED|UNKILLABLE|INPROG|UNBLOCKED)\b/,
  ],
  outcomes: [
    { outcome: 'auth', codes: codes('NOAUTH WRONGPASS NOPERM') },
    { outcome: 'server_error', codes: codes('LOADING MASTERDOWN CLUSTERDOWN TRYAGAIN READONLY BUSY OOM MISCONF') },
  ],
}

/** Result codes, extended ones too: `SQLITE_CONSTRAINT_UNIQUE`. Source: https://www.sqlite.org/rescode.html. */
const SQLITE: CodeSystem = {
  parse: (text) => /^SQLITE_([A-Z]+)/.exec(text)?.[1] ?? null,
  inMessages: [/\b(SQLITE_[A-Z_]{2,40})\b/],
  outcomes: [
    { outcome: 'timeout', codes: codes('BUSY LOCKED') },
    { outcome: 'cancelled', codes: codes('INTERRUPT ABORT') },
    { outcome: 'auth', codes: codes('AUTH PERM') },
    { outcome: 'connection', codes: codes('CANTOPEN') },
    { outcome: 'server_error', codes: codes('IOERR CORRUPT FULL NOMEM INTERNAL PROTOCOL NOTADB') },
  ],
}

/** Only in messages, "Code: 60. DB::Exception: …". Source: ClickHouse `src/Common/ErrorCodes.cpp`. */
const CLICKHOUSE: CodeSystem = {
  parse: (text) => /^code: (\d{1,4})$/i.exec(text)?.[1] ?? null,
  inMessages: [/\b(code: \d{1,4})\b/i],
  outcomes: [
    { outcome: 'auth', codes: codes('192 193 194 291 492 497 516') },
    { outcome: 'timeout', codes: codes('159 160 209') },
    { outcome: 'throttled', codes: codes('201 202') },
    { outcome: 'cancelled', codes: codes('394') },
    { outcome: 'connection', codes: codes('32 198 210 279') },
    { outcome: 'server_error', codes: codes('49 173 241 242 243 252 319 999 1000 1001 1002') },
  ],
}

/** Values of `db.system.name` whose codes have a table; MySQL's clients report either number or SQLSTATE. */
const SYSTEMS: Readonly<Record<string, readonly CodeSystem[]>> = {
  postgresql: [SQLSTATE],
  cockroachdb: [SQLSTATE],
  'aws.redshift': [SQLSTATE],
  edb: [SQLSTATE],
  'ibm.db2': [SQLSTATE],
  h2database: [SQLSTATE],
  hsqldb: [SQLSTATE],
  derby: [SQLSTATE],
  other_sql: [SQLSTATE],
  mysql: [MYSQL, SQLSTATE],
  mariadb: [MYSQL, SQLSTATE],
  'microsoft.sql_server': [SQL_SERVER],
  'oracle.db': [ORACLE],
  mongodb: [MONGODB],
  redis: [REDIS],
  sqlite: [SQLITE],
  clickhouse: [CLICKHOUSE],
}

/** SQL databases whose own codes look like SQLSTATEs have these in the text of ODBC and PDO errors. */
const ALSO_SQLSTATE_IN_MESSAGES: ReadonlySet<string> = new Set(['microsoft.sql_server', 'oracle.db', 'sqlite'])

/** Databases spoken to over HTTP: their code is an HTTP status. */
const HTTP_SYSTEMS: ReadonlySet<string> = new Set([
  'aws.dynamodb',
  'azure.cosmosdb',
  'couchdb',
  'elasticsearch',
  'influxdb',
  'opensearch',
  'solr',
])

/**
 * What a failed database call's code says: unlisted codes of a listed system are the caller's mistake, as most are
 * (constraint violated, unknown column, deadlock to be retried). Null when `reported` is no code of the system.
 * @param saysStatementTimeout PostgreSQL gives 57014 for a cancel and for its own `statement_timeout`.
 */
export function outcomeOfDbCode(system: string, reported: string, saysStatementTimeout: () => boolean): Outcome | null {
  if (HTTP_SYSTEMS.has(system)) return outcomeOfHttpStatus(validHttpStatus(reported))
  if (!Object.hasOwn(SYSTEMS, system)) return null
  for (const table of SYSTEMS[system]!) {
    const outcome = outcomeIn(table, reported, saysStatementTimeout)
    if (outcome !== null) return outcome
  }
  return null
}

/** The same of a code that is nowhere but in an error's text. */
export function outcomeOfDbMessage(
  system: string,
  message: string,
  saysStatementTimeout: () => boolean,
): Outcome | null {
  const own = Object.hasOwn(SYSTEMS, system) ? SYSTEMS[system]! : []
  for (const table of ALSO_SQLSTATE_IN_MESSAGES.has(system) ? [...own, SQLSTATE] : own) {
    for (const pattern of table.inMessages) {
      const code = pattern.exec(message)?.[1]
      const outcome = code === undefined ? null : outcomeIn(table, code, saysStatementTimeout)
      if (outcome !== null) return outcome
    }
  }
  return null
}

function outcomeIn(table: CodeSystem, reported: string, saysStatementTimeout: () => boolean): Outcome | null {
  const code = table.parse(reported)
  if (code === null) return null
  if (table === SQLSTATE && code === '57014' && saysStatementTimeout()) return 'timeout'
  return table.outcomes.find((row) => row.codes.test(code))?.outcome ?? 'client_error'
}
