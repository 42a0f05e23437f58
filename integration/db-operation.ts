import { NAMES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, read } from './attributes.ts'
import { boundedMemo } from './bounded-memo.ts'

export const DB_OPERATION_MAX_CHARS = 120
/** The verb and the first table stand at the start of a statement. */
const READ_CHARS = 4096

/** Systems whose queries are SQL or written like it. Source: values of `db.system.name`. */
const SQL_SYSTEMS: ReadonlySet<string> = new Set([
  'actian.ingres',
  'aws.redshift',
  'cassandra',
  'clickhouse',
  'cockroachdb',
  'derby',
  'edb',
  'filemaker',
  'firebirdsql',
  'gcp.bigquery',
  'gcp.spanner',
  'h2database',
  'hive',
  'hsqldb',
  'ibm.db2',
  'ibm.informix',
  'ibm.netezza',
  'instantdb',
  'interbase',
  'intersystems.cache',
  'mariadb',
  'microsoft.sql_server',
  'mssqlcompact',
  'mysql',
  'oracle.db',
  'other_sql',
  'pervasive',
  'pointbase',
  'postgresql',
  'sap.hana',
  'sap.maxdb',
  'snowflake',
  'softwareag.adabas',
  'sqlite',
  'sybase',
  'teradata',
  'trino',
  'vertica',
])

/** `SELECT orders`, `GET`, `find users`; '' when neither attributes nor query text tell. Never a key or a value. */
export function dbOperationOf(attributes: Attributes, system: string): string {
  const summary = read(attributes, NAMES.dbSummary)
  if (summary !== '') return cut(summary, DB_OPERATION_MAX_CHARS)
  const isSql = SQL_SYSTEMS.has(system)
  const text = cut(read(attributes, NAMES.dbQuery), READ_CHARS)
  const parsed = text === '' ? NO_STATEMENT : isSql ? sqlStatement(text) : { verb: firstWord(text), table: '' }
  const verb = read(attributes, NAMES.dbVerb) || parsed.verb
  if (verb === '') return ''
  const spelled = isSql || system === 'redis' ? verb.toUpperCase() : verb
  const target = read(attributes, NAMES.dbCollection) || parsed.table
  return cut(target === '' ? spelled : `${spelled} ${target}`, DB_OPERATION_MAX_CHARS)
}

interface Statement {
  verb: string
  table: string
}

const NO_STATEMENT: Statement = { verb: '', table: '' }
const WORD = /[\p{L}_][\p{L}\p{N}_.-]*/u
const COMMENTS = /\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/|--[^\n]*/g
const DATA_VERB = /\b(?:select|insert|update|delete|merge)\b/i
const TABLE =
  /\b(?:from|into|update|table|join)\s+(?:(?:only|if\s+(?:not\s+)?exists)\s+)?((?:"[^"]+"|`[^`]+`|\[[^\]]+\]|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:"[^"]+"|`[^`]+`|\[[^\]]+\]|[\p{L}_][\p{L}\p{N}_$]*))*)/iu

const firstWord = (text: string): string => WORD.exec(text)?.[0] ?? ''

const sqlStatement: (text: string) => Statement = boundedMemo(
  (text) => {
    const statement = text.replace(COMMENTS, ' ')
    const word = firstWord(statement)
    const verb = word.toLowerCase() === 'with' ? (DATA_VERB.exec(statement)?.[0] ?? word) : word
    return { verb, table: (TABLE.exec(statement)?.[1] ?? '').replace(/["`[\]]/g, '') }
  },
  { entries: 512, maxKeyChars: 2048 },
)
