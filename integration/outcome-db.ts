import { validHttpStatus } from './call-status.ts'
import type { Outcome } from './outcome.ts'
import { outcomeOfHttpStatus } from './outcome-http.ts'

interface CodeSystem {
  /** Takes the code out of what was reported, or null if that is no code of this system. */
  parse: (text: string) => string | null
  outcomes: readonly { outcome: Outcome; codes: RegExp }[]
}

const codes = (list: string): RegExp => new RegExp(`^(?:${list.trim().split(/\s+/).join('|')})$`)

const NUMBER = /^-?\d{1,9}$/
const numeric = (text: string): string | null =>
  NUMBER.test(text.replace('\u2212', '-')) ? text.replace('\u2212', '-') : null

/** Five characters of which one is a digit, as `EPIPE` is none. Source: PostgreSQL appendix A, ISO/IEC 9075. */
const SQLSTATE: CodeSystem = {
  parse: (text) => (/^(?=.*\d)[0-9A-Z]{5}$/.test(text) ? text : null),
  outcomes: [
    { outcome: 'cancelled', codes: codes('57014') },
    { outcome: 'timeout', codes: codes('55P03') },
    { outcome: 'auth', codes: codes('28... 42501') },
    { outcome: 'throttled', codes: codes('53300') },
    { outcome: 'connection', codes: codes('08... 57P..') },
    { outcome: 'server_error', codes: codes('53... 58... XX... F0... HV...') },
  ],
}

/** Source: MySQL 8.4 error message reference; MariaDB error codes. */
const MYSQL: CodeSystem = {
  parse: (text) => (/^\d{3,4}$/.test(text) ? text : null),
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
  outcomes: [
    { outcome: 'auth', codes: codes('1017 1031 28000') },
    { outcome: 'cancelled', codes: codes('1013') },
    { outcome: 'timeout', codes: codes('12170') },
    { outcome: 'throttled', codes: codes('18 12516 12519 12520') },
    { outcome: 'connection', codes: codes('3113 3114 12514 12541 17002 17410') },
    { outcome: 'server_error', codes: codes('600 7445') },
  ],
}

/** Source: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml. */
const MONGODB: CodeSystem = {
  parse: numeric,
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
  outcomes: [
    { outcome: 'auth', codes: codes('NOAUTH WRONGPASS NOPERM') },
    { outcome: 'server_error', codes: codes('LOADING MASTERDOWN CLUSTERDOWN TRYAGAIN READONLY BUSY OOM MISCONF') },
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
}

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
    const code = table.parse(reported)
    if (code === null) continue
    if (table === SQLSTATE && code === '57014' && saysStatementTimeout()) return 'timeout'
    return table.outcomes.find((row) => row.codes.test(code))?.outcome ?? 'client_error'
  }
  return null
}
