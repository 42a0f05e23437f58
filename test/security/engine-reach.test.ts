import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { clickhouseInterface } from '../../api/clickhouse-interface.ts'
import { selectUserMinutes } from '../../storage/sql-source.ts'
import { Unmeasurable } from '../../storage/unmeasurable.ts'
import { testDatabase } from '../support/database.ts'

// Ways of a statement to the network, to files and to programs, each tried on the real engine by everyone who may send
// one: tools with the password, guests of /clickhouse, and authors of SQL indicators.

const hits: string[] = []
const listener = createServer((request, response) => {
  hits.push(`${request.method} ${request.url}`)
  response.end('1\n')
})

let store: Awaited<ReturnType<typeof testDatabase>>
let url: string
beforeAll(async () => {
  store = await testDatabase()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
})
afterAll(async () => {
  listener.close()
  await store[Symbol.asyncDispose]()
})

const asTool = async (sql: string) => {
  const answer = await fetch(`${inject('engineUrl')}/?database=${store.database}`, {
    method: 'POST',
    body: sql.replaceAll('URL:', url),
    headers: { 'X-ClickHouse-User': 'tools' },
  })
  return { status: answer.status, text: await answer.text() }
}
const asGuest = async (sql: string) => {
  const app = clickhouseInterface({ db: store.db, url: store.url })
  const answer = await app.request('/', { method: 'POST', body: sql.replaceAll('URL:', url) })
  return { status: answer.status, text: await answer.text() }
}

/** Selects, so that guests and authors may try them, too. */
const SOURCES: Record<string, string> = {
  'an address': "SELECT * FROM url('URL:/t', 'TSV', 'a String')",
  'a bucket': "SELECT * FROM s3('URL:/bucket/key', 'TSV', 'a String')",
  "a bucket of another provider's": "SELECT * FROM gcs('URL:/bucket/key', 'TSV', 'a String')",
  'a blob': "SELECT * FROM azureBlobStorage('URL:/x', 'c', 'b', 'a', 'a2V5', 'TSV', 'auto', 'a String')",
  'a lake: Iceberg': "SELECT * FROM iceberg('URL:/bucket/key')",
  'a lake: Delta': "SELECT * FROM deltaLake('URL:/bucket/key')",
  'a lake: Hudi': "SELECT * FROM hudi('URL:/bucket/key')",
  'a lake: Paimon': "SELECT * FROM paimon('URL:/bucket/key')",
  'a lake on this disk': "SELECT * FROM icebergLocal('/etc')",
  'a file system of Hadoop': "SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', 'TSV', 'a String')",
  'another ClickHouse': "SELECT * FROM remote('127.0.0.1:1', system.one)",
  'another ClickHouse by TLS': "SELECT * FROM remoteSecure('127.0.0.1:1', system.one)",
  'a cluster': "SELECT * FROM cluster('default', system.one)",
  'an address through a cluster': "SELECT * FROM urlCluster('default', 'URL:/t', 'TSV', 'a String')",
  MySQL: "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
  PostgreSQL: "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
  MongoDB: "SELECT * FROM mongodb('127.0.0.1:1', 'a', 'b', 'c', 'd', 'a String')",
  Redis: "SELECT * FROM redis('127.0.0.1:1', 'a', 'a String')",
  SQLite: "SELECT * FROM sqlite('/tmp/x.db', 'a')",
  'a bridge: JDBC': "SELECT * FROM jdbc('a', 'b', 'c')",
  'a bridge: ODBC': "SELECT * FROM odbc('a', 'b', 'c')",
  'a file': "SELECT * FROM file('/etc/passwd', 'LineAsString', 'a String')",
  'a file by quoted name': "SELECT * FROM `file`('/etc/passwd', 'LineAsString', 'a String')",
  'a file as a value': "SELECT file('/etc/passwd') AS a",
  'a file as a table': 'SELECT * FROM "/etc/passwd"',
  'a file as a table of chDB': 'SELECT * FROM default."/etc/passwd"',
  'a folder': "SELECT * FROM filesystem('/etc')",
  'a program': "SELECT * FROM executable('/bin/ls', 'TSV', 'a String')",
  'a program by quoted name': "SELECT * FROM `executable`('/bin/ls', 'TSV', 'a String')",
  'a dictionary': "SELECT * FROM dictionary('x')",
  'a text that is run': "SELECT * FROM eval('SELECT 1')",
  'a model of a file': "SELECT catboostEvaluate('/etc/passwd', 1) AS a",
  'a language model': "SELECT aiGenerate('x', 'y') AS a",
  'a schema registry': `SELECT * FROM format(AvroConfluent, 'a String', '\\0\\0\\0\\0\\001aaaa') SETTINGS format_avro_schema_registry_url = 'URL:/r'`,
  'a file as a template': "SELECT 1 AS a FORMAT Template SETTINGS format_template_row = '/etc/passwd'",
  'a file as the frame of a template':
    "SELECT 1 AS a FORMAT Template SETTINGS format_template_resultset = '/etc/passwd'",
  'a file as a template of rows read':
    "SELECT * FROM format(Template, 'x') SETTINGS format_template_row = '/etc/passwd'",
  'a schema written to a file': "SELECT 1 AS a FORMAT Protobuf SETTINGS output_format_schema = '/tmp/plumbline-schema'",
  'a schema read from a file':
    "SELECT * FROM format(Protobuf, 'x') SETTINGS format_schema_source = 'file', format_schema = '/etc/passwd:x'",
  'a result into a file': "SELECT 1 AS a INTO OUTFILE '/tmp/plumbline-outfile'",
}

/** What only who may write can try. */
const DEFINITIONS: Record<string, string> = {
  'a disk of the web':
    "CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = web, endpoint = 'URL:/d/')",
  'the same in capitals and comments':
    "CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = DISK/**/ (type = 'web', endpoint = 'URL:/d/')",
  'the same by quoted name':
    "CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = `disk`(type = web, endpoint = 'URL:/d/')",
  'a disk in a bucket':
    "CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = object_storage, object_storage_type = s3, endpoint = 'URL:/b/k/', access_key_id = 'a', secret_access_key = 'b')",
  'a disk in a cache':
    "CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = cache, max_size = '1Mi', path = '/tmp/c', disk = disk(type = web, endpoint = 'URL:/d/'))",
  'a disk that encrypts':
    "CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = encrypted, disk = 'default', key = '0123456789012345')",
  'a disk by name': "CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = 'other'",
  'a storage policy': "CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'other'",
  'a disk for a materialized view':
    "CREATE MATERIALIZED VIEW x ENGINE = MergeTree ORDER BY tuple() SETTINGS disk = disk(type = web, endpoint = 'URL:/d/') AS SELECT 1 AS a",
  'a table of an address': "CREATE TABLE x (a Int8) ENGINE = URL('URL:/t', 'TSV')",
  'a table of an address, as a function': "CREATE TABLE x AS url('URL:/t', 'TSV', 'a String')",
  'a table of a bucket': "CREATE TABLE x (a Int8) ENGINE = S3('URL:/bucket/key', 'TSV')",
  'a table of a file': "CREATE TABLE x (a String) ENGINE = File(LineAsString, '/etc/passwd')",
  'a table of a log file': "CREATE TABLE x (a String) ENGINE = FileLog('/etc/', 'LineAsString')",
  'a table of a program': "CREATE TABLE x (a String) ENGINE = Executable('ls', 'TSV')",
  'a table of programs': "CREATE TABLE x (a String) ENGINE = ExecutablePool('ls', 'TSV')",
  'a table of a program, quoted, without an equals sign':
    "CREATE TABLE x (a String) ENGINE/**/`Executable`('ls', 'TSV')",
  'a table of a program that replaces another': "CREATE OR REPLACE TABLE x (a String) ENGINE = Executable('ls', 'TSV')",
  'a table of MySQL': "CREATE TABLE x (a Int8) ENGINE = MySQL('127.0.0.1:1', 'a', 'b', 'c', 'd')",
  'a table of PostgreSQL': "CREATE TABLE x (a Int8) ENGINE = PostgreSQL('127.0.0.1:1', 'a', 'b', 'c', 'd')",
  'a table of MongoDB': "CREATE TABLE x (a Int8) ENGINE = MongoDB('127.0.0.1:1', 'a', 'b', 'c', 'd')",
  'a table of Redis': "CREATE TABLE x (a Int8) ENGINE = Redis('127.0.0.1:1') PRIMARY KEY a",
  'a table of Kafka': "CREATE TABLE x (a Int8) ENGINE = Kafka('127.0.0.1:1', 'a', 'b', 'TSV')",
  'a table of SQLite': "CREATE TABLE x (a Int8) ENGINE = SQLite('/tmp/x.db', 't')",
  'a table of another ClickHouse': "CREATE TABLE x (a Int8) ENGINE = Remote('127.0.0.1:1', system, one)",
  'a table over a cluster': "CREATE TABLE x (a Int8) ENGINE = Distributed('default', 'system', 'one')",
  'a table in a key-value store of its own':
    "CREATE TABLE x (a Int8) ENGINE = EmbeddedRocksDB(0, '/tmp/rocks') PRIMARY KEY a",
  'a table that runs queries': 'CREATE TABLE x (query String) ENGINE = QueryRunner',
  'a table outside the MergeTree family': 'CREATE TABLE x (a Int8) ENGINE = Log',
  'an engine for tables that name none': "SET default_table_engine = 'Log'",
  'a view that keeps its rows elsewhere': "CREATE MATERIALIZED VIEW x ENGINE = URL('URL:/t', 'TSV') AS SELECT 1 AS a",
  'a dictionary of an address':
    "CREATE DICTIONARY x (a UInt64, b String) PRIMARY KEY a SOURCE(HTTP(url 'URL:/dict' format 'TSV')) LAYOUT(FLAT()) LIFETIME(0)",
  'a database of files': "CREATE DATABASE x ENGINE = Filesystem('/etc')",
  'a database of a bucket': "CREATE DATABASE x ENGINE = S3('URL:/')",
  'a database of MySQL': "CREATE DATABASE x ENGINE = MySQL('127.0.0.1:1', 'a', 'b', 'c')",
  'a database of PostgreSQL': "CREATE DATABASE x ENGINE = PostgreSQL('127.0.0.1:1', 'a', 'b', 'c')",
  'a database of SQLite': "CREATE DATABASE x ENGINE = SQLite('/tmp/q.db')",
  'a database of a lake':
    "CREATE DATABASE x ENGINE = DataLakeCatalog('URL:/', 'a', 'b') SETTINGS catalog_type = 'rest'",
  'a database of a backup': "CREATE DATABASE x ENGINE = Backup('d', Disk('default', 'x'))",
  'a backup to a file': "BACKUP TABLE calls TO File('/tmp/plumbline-backup')",
  'a backup to a bucket': "BACKUP TABLE calls TO S3('URL:/bucket/key', 'a', 'b')",
  'a backup to the disk of the store': "BACKUP TABLE calls TO Disk('default', 'x')",
  'a restore from a bucket': "RESTORE TABLE calls AS y FROM S3('URL:/bucket/key', 'a', 'b')",
  'a restore from a disk': "RESTORE TABLE calls AS y FROM Disk('default', 'x')",
  'a restore in parallel with something harmless':
    "CREATE DATABASE harmless PARALLEL WITH RESTORE TABLE calls AS y FROM S3('URL:/bucket/key', 'a', 'b')",
  'a table of a folder': "ATTACH TABLE x FROM '/etc' (a UInt8) ENGINE = MergeTree ORDER BY a",
  'a function': 'CREATE FUNCTION reach AS (x) -> x + 1',
  'a collection of credentials': 'CREATE NAMED COLLECTION x AS a = 1',
  'a user': 'CREATE USER x',
  'rows to an address': "INSERT INTO FUNCTION url('URL:/t', 'TSV', 'a String') SELECT 'x'",
  'rows to a bucket': "INSERT INTO FUNCTION s3('URL:/bucket/key', 'TSV', 'a String') SELECT 'x'",
  'rows to a file': "INSERT INTO FUNCTION file('/tmp/plumbline-rows', 'TSV', 'a String') SELECT 'x'",
  'rows from a file': "INSERT INTO ingest_log FROM INFILE '/etc/passwd' FORMAT TSV",
  'rows by a schema registry':
    "INSERT INTO ingest_log SETTINGS format_avro_schema_registry_url = 'URL:/r' FORMAT AvroConfluent x",
  'faulty rows into a file':
    "INSERT INTO ingest_log SETTINGS input_format_record_errors_file_path = '/tmp/plumbline-errors' FORMAT TSV x",
  'a path set for the statements to come': "SET format_template_row = '/etc/passwd'",
  'the engine to end': 'SYSTEM SHUTDOWN',
}

describe('a tool with the password does not reach', () => {
  test.each(Object.entries({ ...SOURCES, ...DEFINITIONS }))('%s', async (_, sql) => {
    hits.length = 0
    const { status, text } = await asTool(sql)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(text).toMatch(/^Code: \d+\. DB::Exception: /)
    expect(text).not.toContain('root:x:0')
    expect(hits).toEqual([])
  })

  test('a disk of a table that exists', async () => {
    await asTool('CREATE TABLE settled (a Int8) ENGINE = MergeTree ORDER BY a')
    for (const setting of ["disk = 'other'", "storage_policy = 'other'"])
      expect((await asTool(`ALTER TABLE settled MODIFY SETTING ${setting}`)).status).toBeGreaterThanOrEqual(400)
  })

  test.each([
    ['format_template_row', '/etc/passwd'],
    ['format_avro_schema_registry_url', 'http://127.0.0.1:1'],
    ['output_format_schema', '/tmp/plumbline-schema'],
  ])('a file or an address by the parameter %s', async (name, value) => {
    const answer = await fetch(`${inject('engineUrl')}/?${new URLSearchParams({ [name]: value })}`, {
      method: 'POST',
      body: 'SELECT 1',
    })
    expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining('should not be changed')])
  })
})

describe('a guest does not reach', () => {
  test.each(Object.entries({ ...SOURCES, ...DEFINITIONS }))('%s', async (_, sql) => {
    hits.length = 0
    const { status, text } = await asGuest(sql)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(text).toMatch(/^Code: \d+\. DB::Exception: /)
    expect(text).not.toContain('root:x:0')
    expect(hits).toEqual([])
  })
})

describe('the author of a SQL indicator does not reach', () => {
  const range = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-01T01:00:00Z') }
  const minutesOf = (source: string) =>
    `SELECT {from:DateTime} AS minute, 1 AS good, count() AS total FROM (${source.replaceAll('URL:', url)})`

  test.each(Object.entries(SOURCES))('%s', async (_, sql) => {
    hits.length = 0
    const error = await selectUserMinutes(store.db, { query: minutesOf(sql) }, range).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(Unmeasurable)
    expect(String(error)).not.toContain('root:x:0')
    expect(hits).toEqual([])
  })
})

describe('what a writer of this machine needs goes on', () => {
  const name = `writer_${randomUUID().slice(0, 8)}`
  test.each([
    [
      "the OpenTelemetry Collector's exporter makes its table",
      `CREATE TABLE ${name} (Timestamp DateTime64(9), engine String, Body String CODEC(ZSTD(1)), INDEX i Body TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8) ENGINE MergeTree PARTITION BY toDate(Timestamp) ORDER BY (Timestamp) TTL toDateTime(Timestamp) + toIntervalDay(3) SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`,
    ],
    ['and fills it', `INSERT INTO ${name} (Timestamp, engine, Body) VALUES (now64(9), 'e', 'b')`],
    ['a view has a column named engine', `CREATE VIEW ${name}_v AS SELECT engine FROM ${name}`],
    [
      'a table is ordered by such a column',
      `CREATE TABLE ${name}_o (engine String) ENGINE = ReplacingMergeTree ORDER BY engine`,
    ],
    [
      'a materialized view fills another table',
      `CREATE MATERIALIZED VIEW ${name}_m TO ${name}_o AS SELECT engine FROM ${name}`,
    ],
    ['a copy of a table', `CREATE TABLE ${name}_c AS ${name}`],
    ['a temporary table', 'CREATE TEMPORARY TABLE t (a UInt8)'],
    ['a database of its own', `CREATE DATABASE ${name} ENGINE = Atomic`],
    ['which it drops', `DROP DATABASE ${name}`],
  ])('%s', async (_, sql) => {
    expect(await asTool(sql)).toEqual({ status: 200, text: '' })
  })
})
