import { Readable } from 'node:stream'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

const DATABASE = `embedded_client_${process.pid}`
const SETTINGS = { async_insert: 0 } as const
const PATIENT = { timeout: 10_000 }
let db: ClickHouseClient

beforeAll(async () => {
  const url = inject('engineUrl')
  await using admin = createClient({ url })
  await admin.command({ query: `CREATE DATABASE ${DATABASE}` })
  db = createClient({ url, database: DATABASE, clickhouse_settings: SETTINGS, log: { level: 127 as never } })
})

afterAll(async () => {
  await db.command({ query: `DROP DATABASE ${DATABASE} SYNC` })
  await db.close()
})

async function rowsOf<T>(query: string, params: Record<string, unknown> = {}): Promise<T[]> {
  return (await db.query({ query, query_params: params, format: 'JSONEachRow' })).json<T>()
}

/** RowBinary of (UInt32, String). */
function binaryRows(rows: [number, string][]): Buffer {
  return Buffer.concat(
    rows.flatMap(([a, b]) => {
      const fixed = Buffer.alloc(5)
      fixed.writeUInt32LE(a)
      fixed[4] = Buffer.byteLength(b)
      return [fixed, Buffer.from(b)]
    }),
  )
}

async function insertBinary(table: string, body: Readable, token?: string) {
  const settings = token === undefined ? {} : { insert_deduplication_token: token }
  const { stream } = await db.exec({
    query: `INSERT INTO ${table} FORMAT RowBinary`,
    values: body,
    clickhouse_settings: settings,
  })
  stream.destroy()
}

describe('the unmodified client', () => {
  test('pings, with and without a query', async () => {
    expect(await db.ping()).toEqual({ success: true })
    expect(await db.ping({ select: true })).toEqual({ success: true })
  })

  test('inserts JSON rows from an array and from a stream, and counts them', async () => {
    await db.command({ query: 'CREATE TABLE json (a UInt32, b String) ENGINE = MergeTree ORDER BY a' })
    const values = [
      { a: 1, b: 'it\'s "quoted"; FORMAT CSV' },
      { a: 2, b: 'two\nlines\t\\' },
    ]
    const { summary } = await db.insert({ table: 'json', values, format: 'JSONEachRow' })
    expect(summary).toMatchObject({ written_rows: '2' })
    await db.insert({ table: 'json', values: Readable.from([{ a: 3, b: 'ü' }]), format: 'JSONEachRow' })
    await db.insert({ table: 'json', values: [[4, 'four']], format: 'JSONCompactEachRow', columns: ['a', 'b'] })
    expect(await rowsOf('SELECT a, b FROM json ORDER BY a')).toEqual([...values, { a: 3, b: 'ü' }, { a: 4, b: 'four' }])
  })

  test('inserts RowBinary, byte for byte, from a stream of pieces', async () => {
    await db.command({ query: 'CREATE TABLE binary (a UInt32, b String) ENGINE = MergeTree ORDER BY a' })
    const rows = Array.from({ length: 5000 }, (_, a): [number, string] => [a, `row ${a} \u0000\r\n ü`])
    const body = binaryRows(rows)
    const pieces = Array.from({ length: 11 }, (_, piece) =>
      body.subarray(piece * 8191, piece === 10 ? undefined : (piece + 1) * 8191),
    )
    await insertBinary('binary', Readable.from(pieces))
    const [sum] = await rowsOf<{ n: number; wrong: number }>(
      "SELECT count() AS n, countIf(b != concat('row ', toString(a), ' \\0\\r\\n ü')) AS wrong FROM binary",
    )
    expect(sum).toEqual({ n: 5000, wrong: 0 })
  })

  test('a truncated row stores nothing', async () => {
    await db.command({ query: 'CREATE TABLE truncated (a UInt32, b String) ENGINE = MergeTree ORDER BY a' })
    const body = binaryRows([
      [1, 'whole'],
      [2, 'cut short'],
    ])
    await expect(insertBinary('truncated', Readable.from([body.subarray(0, -3)]))).rejects.toMatchObject({ code: '33' })
    expect(await rowsOf('SELECT * FROM truncated')).toEqual([])
  })

  describe('RowBinary into columns with dictionaries', () => {
    const DICTIONARIES = `(a UInt32, b LowCardinality(String), c LowCardinality(Nullable(String)), m Map(LowCardinality(String), String),
      n Nested(k LowCardinality(String), v Map(LowCardinality(String), UInt8)), e Enum8('x' = 1, 'y' = 2)) ENGINE = MergeTree ORDER BY a
      SETTINGS non_replicated_deduplication_window = 100`
    const COLUMNS = '(`a`, `b`, `c`, `m`, `n.k`, `n.v`, `e`)'
    /** Row `a`: 'bee', null or 'sea', {k: v}, ['k'], [{}], 'y'. */
    const row = (a: number) =>
      Buffer.from([
        a,
        0,
        0,
        0,
        3,
        98,
        101,
        101,
        ...(a % 2 ? [1] : [0, 3, 115, 101, 97]),
        1,
        1,
        107,
        1,
        118,
        1,
        1,
        107,
        1,
        0,
        2,
      ])

    const insert = async (table: string, body: Buffer, settings: Record<string, string>, columns = COLUMNS) => {
      const { stream, summary } = await db.exec({
        query: `INSERT INTO ${table} ${columns} FORMAT RowBinary`,
        values: Readable.from([body], { objectMode: false }),
        clickhouse_settings: settings,
      })
      stream.destroy()
      return summary
    }

    test('arrives as it was sent, and is counted', async () => {
      await db.command({ query: `CREATE TABLE dictionaries ${DICTIONARIES}` })
      const summary = await insert('dictionaries', Buffer.concat([row(1), row(2)]), {})
      expect(summary).toMatchObject({ written_rows: '2' })
      const rest = { b: 'bee', m: { k: 'v' }, 'n.k': ['k'], 'n.v': [{}], e: 'y' }
      expect(await rowsOf('SELECT * FROM dictionaries ORDER BY a')).toEqual([
        { a: 1, c: null, ...rest },
        { a: 2, c: 'sea', ...rest },
      ])
    })

    test('counts once by its token, also in a view, whichever way it goes in', async () => {
      await db.command({ query: `CREATE TABLE tokens ${DICTIONARIES}` })
      await db.command({
        query: `CREATE TABLE tokens_rolled (b LowCardinality(String), n UInt64) ENGINE = SummingMergeTree ORDER BY b SETTINGS non_replicated_deduplication_window = 100`,
      })
      await db.command({
        query: `CREATE MATERIALIZED VIEW tokens_mv TO tokens_rolled AS SELECT b, count() AS n FROM tokens GROUP BY b`,
      })
      const once = { insert_deduplication_token: 'once', deduplicate_blocks_in_dependent_materialized_views: '1' }
      // Without names of columns the engine reads the rows by itself.
      for (const columns of [COLUMNS, COLUMNS, '', '']) await insert('tokens', row(1), once, columns)
      await insert('tokens', row(1), { ...once, insert_deduplication_token: 'twice' })
      expect(await rowsOf('SELECT toUInt32(count()) AS n FROM tokens')).toEqual([{ n: 2 }])
      expect(await rowsOf('SELECT toUInt32(sum(n)) AS n FROM tokens_rolled')).toEqual([{ n: 2 }])
    })

    test('many rows and days count once by their token', async () => {
      await db.command({
        query: `CREATE TABLE days (d Date, b LowCardinality(String)) ENGINE = MergeTree PARTITION BY d ORDER BY b SETTINGS non_replicated_deduplication_window = 100`,
      })
      const body = Buffer.concat(
        Array.from({ length: 150_000 }, (_, i) => Buffer.from([i % 3, 80, 2, 97 + (i % 7), 98])),
      )
      for (let i = 0; i < 2; i++) await insert('days', body, { insert_deduplication_token: 'd' }, '(d, b)')
      expect(await rowsOf('SELECT toUInt32(count()) AS n FROM days')).toEqual([{ n: 150_000 }])
    })

    test('a truncated row stores nothing', async () => {
      await db.command({ query: `CREATE TABLE cut ${DICTIONARIES}` })
      await expect(insert('cut', Buffer.concat([row(1), row(2).subarray(0, -3)]), {})).rejects.toMatchObject({
        code: '32',
      })
      expect(await rowsOf('SELECT * FROM cut')).toEqual([])
    })

    test('may name columns that can only be written', async () => {
      await db.command({
        query: `CREATE TABLE ephemeral (a UInt8, b LowCardinality(String) DEFAULT upper(raw), raw String EPHEMERAL) ENGINE = MergeTree ORDER BY a`,
      })
      await insert('ephemeral', Buffer.from([1, 1, 120]), {}, '(a, raw)')
      expect(await rowsOf('SELECT a, b FROM ephemeral')).toEqual([{ a: 1, b: 'X' }])
    })

    test('a column or table that is not there is named', async () => {
      await expect(insert('dictionaries', row(1), {}, '(a, missing)')).rejects.toThrow(/missing/)
      await expect(insert('nowhere', row(1), {})).rejects.toMatchObject({ code: '60' })
    })
  })

  test('inserts without rows are no error', async () => {
    await db.command({ query: 'CREATE TABLE empty (a UInt32, b String) ENGINE = MergeTree ORDER BY a' })
    await insertBinary('empty', Readable.from([]))
    expect(await rowsOf('SELECT * FROM empty')).toEqual([])
  })

  test('inserts VALUES and INSERT … SELECT as commands', async () => {
    await db.command({ query: 'CREATE TABLE commands (a UInt32, b String) ENGINE = MergeTree ORDER BY a' })
    await db.command({ query: "INSERT INTO commands VALUES (1, 'x; y'), (1 + 1, upper('b'))" })
    await db.command({ query: "INSERT INTO commands SELECT number + 3, 'n' FROM numbers(2)" })
    expect(await rowsOf('SELECT * FROM commands ORDER BY a')).toEqual([
      { a: 1, b: 'x; y' },
      { a: 2, b: 'B' },
      { a: 3, b: 'n' },
      { a: 4, b: 'n' },
    ])
  })

  test('reads Parquet it wrote: binary results stay binary', async () => {
    await db.command({ query: 'CREATE TABLE parquet (a UInt32, b String) ENGINE = MergeTree ORDER BY a' })
    const result = await db.exec({
      query: 'SELECT toUInt32(number) AS a, toString(number) AS b FROM numbers(1000) FORMAT Parquet',
    })
    const file = Buffer.concat(await result.stream.toArray())
    expect(file.subarray(0, 4).toString()).toBe('PAR1')
    const { stream } = await db.exec({ query: 'INSERT INTO parquet FORMAT Parquet', values: Readable.from([file]) })
    stream.destroy()
    expect(await rowsOf('SELECT count() AS n, sum(a) AS s FROM parquet')).toEqual([{ n: 1000, s: 499500 }])
  })
})

describe('bound parameters arrive as they were', () => {
  const HARD = 'it\'s\na "\\n" \t\\ {x:String} ü 💧 \r;--'
  const rows: [string, string, unknown, unknown][] = [
    ['a string with quotes, newlines, backslashes and tabs', 'String', HARD, HARD],
    ['an empty string', 'String', '', ''],
    ['a string that looks like a keyword', 'String', 'DEFAULT', 'DEFAULT'],
    ['a null', 'Nullable(String)', null, null],
    ['a number', 'UInt32', 42, 42],
    ['a negative fraction', 'Float64', -0.5, -0.5],
    ['a 64-bit number', 'Int64', -9007199254740991n, -9007199254740991],
    ['a boolean', 'Bool', true, true],
    ['a date', 'Date', '2026-11-22', '2026-11-22'],
    ['an instant', 'DateTime64(3)', new Date('2026-11-22T10:11:12.345Z'), '2026-11-22 10:11:12.345'],
    ['an array of strings', 'Array(String)', ['a', HARD, ''], ['a', HARD, '']],
    ['an empty array', 'Array(UInt8)', [], []],
    ['nested arrays', 'Array(Array(UInt8))', [[1], [], [2, 3]], [[1], [], [2, 3]]],
    ['a map', 'Map(String, String)', { k: HARD, "k'2": 'v' }, { k: HARD, "k'2": 'v' }],
    ['an array with nulls', 'Array(Nullable(String))', ['a', null], ['a', null]],
  ]
  test.each(rows)('%s', async (_, type, value, expected) => {
    expect(await rowsOf(`SELECT {v:${type}} AS v`, { v: value })).toEqual([{ v: expected }])
  })

  test('identifiers', async () => {
    expect(
      await rowsOf('SELECT name FROM {d:Identifier}.{t:Identifier} WHERE name = {n:String}', {
        d: 'system',
        t: 'databases',
        n: DATABASE,
      }),
    ).toEqual([{ name: DATABASE }])
  })

  test('a missing one is an error', async () => {
    await expect(rowsOf('SELECT {missing:String}')).rejects.toMatchObject({ code: '456' })
  })

  test('a value larger than a URL line', async () => {
    const long = 'x'.repeat(200_000)
    expect(await rowsOf('SELECT length({v:String}) AS n', { v: long })).toEqual([{ n: 200000 }])
  })

  test('as a form', async () => {
    await using forms = createClient({ url: inject('engineUrl'), database: DATABASE, use_multipart_params: true })
    const result = await forms.query({
      query: 'SELECT {v:String} AS v',
      query_params: { v: HARD },
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([{ v: HARD }])
  })

  test('hundreds at once do not see each other', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, v) => rowsOf<{ v: number }>('SELECT {v:UInt32} AS v, sleep(0.001)', { v })),
    )
    expect(answers.map(([row]) => row?.v)).toEqual(Array.from({ length: 200 }, (_, v) => v))
  })
})

describe('errors carry their code and name', () => {
  const rows: [string, string, { code: string; type: string }][] = [
    ['bad syntax', 'SELEC 1', { code: '62', type: 'SYNTAX_ERROR' }],
    ['an unknown table', 'SELECT * FROM nope', { code: '60', type: 'UNKNOWN_TABLE' }],
    ['an unknown database', 'SELECT * FROM nope.nope', { code: '81', type: 'UNKNOWN_DATABASE' }],
    ['an unknown column', 'SELECT nope FROM system.one', { code: '47', type: 'UNKNOWN_IDENTIFIER' }],
    [
      'a failing row',
      'SELECT throwIf(number = 3) FROM numbers(10)',
      { code: '395', type: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' },
    ],
    ['two statements', 'SELECT 1; SELECT 2', { code: '62', type: 'SYNTAX_ERROR' }],
    ['a file', "SELECT * FROM file('/etc/passwd', LineAsString)", { code: '497', type: 'ACCESS_DENIED' }],
    ['a file by its name alone', 'SELECT * FROM default.`/etc/passwd`', { code: '497', type: 'ACCESS_DENIED' }],
    [
      'another machine',
      "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
      { code: '497', type: 'ACCESS_DENIED' },
    ],
    [
      'a program',
      "CREATE DICTIONARY d (a UInt64, b String) PRIMARY KEY a SOURCE(EXECUTABLE(COMMAND 'id' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
      { code: '497', type: 'ACCESS_DENIED' },
    ],
    ['a backup', "BACKUP TABLE system.one TO File('/tmp/x')", { code: '497', type: 'ACCESS_DENIED' }],
  ]
  test.each(rows)('%s', async (_, query, expected) => {
    await expect(db.query({ query })).rejects.toMatchObject(expected)
  })

  test('a bad row says which', async () => {
    await db.command({ query: 'CREATE TABLE bad (a UInt32) ENGINE = Memory' })
    const values = [{ a: 1 }, { a: 'x' }]
    const inserted = db.insert({ table: 'bad', values, format: 'JSONEachRow' })
    await expect(inserted).rejects.toMatchObject({ message: expect.stringContaining('(at row 2)') })
    expect(await rowsOf('SELECT * FROM bad')).toEqual([])
  })

  test('an unknown setting is refused, and reaches no other query', async () => {
    const wrong = db.query({ query: 'SELECT 1', clickhouse_settings: { nonsense: 1 } as never })
    await expect(wrong).rejects.toMatchObject({ code: '115' })
    await db.query({ query: 'SELECT 1', clickhouse_settings: { max_threads: 1, max_block_size: '77' } })
    expect(await rowsOf("SELECT getSetting('max_block_size') AS n")).toEqual([{ n: 65409 }])
  })

  test('a query over its time limit ends', async () => {
    const slow = db.query({
      query: 'SELECT count() FROM numbers(1e12)',
      clickhouse_settings: { max_execution_time: 1 },
    })
    await expect(slow).rejects.toMatchObject({ code: '159' })
  })

  test('a result over its size limit is refused', async () => {
    const large = db.query({
      query: 'SELECT number FROM numbers(1000000)',
      clickhouse_settings: { max_result_bytes: '1000000' },
    })
    await expect(large).rejects.toMatchObject({ code: '396' })
  })
})

describe('deduplication tokens', () => {
  const COUNTS = 'SELECT (SELECT count() FROM raw) AS raw, (SELECT sum(n) FROM rollup) AS rolled'

  test('a repeated token adds nothing, through a materialized view too', async () => {
    await db.command({
      query:
        'CREATE TABLE raw (a UInt32, b String) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100',
    })
    await db.command({
      query:
        'CREATE TABLE rollup (b String, n UInt64) ENGINE = SummingMergeTree ORDER BY b SETTINGS non_replicated_deduplication_window = 100',
    })
    await db.command({
      query: 'CREATE MATERIALIZED VIEW raw_mv TO rollup AS SELECT b, count() AS n FROM raw GROUP BY b',
    })
    const body = binaryRows([
      [1, 'x'],
      [2, 'x'],
      [3, 'y'],
    ])
    for (const token of ['one', 'one', 'two', 'one']) await insertBinary('raw', Readable.from([body]), token)
    expect(await rowsOf(COUNTS)).toEqual([{ raw: 6, rolled: 6 }])
    await Promise.all(Array.from({ length: 8 }, () => insertBinary('raw', Readable.from([body]), 'three')))
    expect(await rowsOf(COUNTS)).toEqual([{ raw: 9, rolled: 9 }])
  })
})

describe('sessions', () => {
  const session = (name: string) =>
    createClient({
      url: inject('engineUrl'),
      database: DATABASE,
      session_id: `${DATABASE}-${name}`,
      log: { level: 127 as never },
    })
  async function one(client: ClickHouseClient, query: string, settings = {}) {
    return (
      await (
        await client.query({ query, format: 'JSONCompactEachRow', clickhouse_settings: settings })
      ).json<unknown[]>()
    )[0]
  }

  test('keep temporary tables and settings to themselves', async () => {
    await using mine = session('mine')
    await using other = session('other')
    await mine.command({ query: 'CREATE TEMPORARY TABLE kept (a UInt8)' })
    await mine.insert({ table: 'kept', values: [{ a: 7 }], format: 'JSONEachRow' })
    await mine.command({ query: 'SET max_block_size = 123' })
    expect(await one(mine, "SELECT a, getSetting('max_block_size') FROM kept")).toEqual([7, 123])
    await expect(one(other, 'SELECT * FROM kept')).rejects.toMatchObject({ code: '60' })
    await expect(rowsOf('SELECT * FROM kept')).rejects.toMatchObject({ code: '60' })
  })

  test('forget the settings of a single request', async () => {
    await using mine = session('settings')
    await mine.command({ query: 'SET max_block_size = 123' })
    expect(await one(mine, "SELECT getSetting('max_block_size')", { max_block_size: '55' })).toEqual([55])
    expect(await one(mine, "SELECT getSetting('max_block_size')")).toEqual([123])
  })

  test('serve one query at a time', async () => {
    await using mine = session('locked')
    await using again = session('locked')
    const slow = one(mine, 'SELECT sleep(3)')
    await expect.poll(() => one(again, 'SELECT 1').catch(({ code }) => code), PATIENT).toBe('373')
    await slow
  })
})

describe('compression', () => {
  test('both ways', async () => {
    await using zipped = createClient({
      url: inject('engineUrl'),
      database: DATABASE,
      compression: { request: true, response: true },
    })
    await zipped.command({ query: 'CREATE TABLE zipped (a UInt32, b String) ENGINE = MergeTree ORDER BY a' })
    const values = Array.from({ length: 1000 }, (_, a) => ({ a, b: 'same '.repeat(20) }))
    await zipped.insert({ table: 'zipped', values, format: 'JSONEachRow' })
    const result = await zipped.query({ query: 'SELECT * FROM zipped ORDER BY a', format: 'JSONEachRow' })
    expect(result.response_headers['content-encoding']).toBe('gzip')
    expect(await result.json()).toEqual(values)
  })
})

describe('large results', () => {
  test('arrive whole while they are computed', async () => {
    const result = await db.query({
      query: "SELECT number AS n, repeat('x', 1000) AS x FROM numbers(50000)",
      format: 'JSONEachRow',
    })
    let rows = 0
    let sum = 0
    for await (const batch of result.stream<{ n: number }>()) {
      for (const row of batch) {
        rows++
        sum += row.json().n
      }
    }
    expect({ rows, sum }).toEqual({ rows: 50_000, sum: (50_000 * 49_999) / 2 })
  })

  test('say so when they fail on the way', async () => {
    const result = await db.query({
      query: "SELECT throwIf(number = 400000) AS n, repeat('x', 100) AS x FROM numbers(500000)",
      format: 'JSONEachRow',
      clickhouse_settings: { max_block_size: '10000' },
    })
    await expect(result.json()).rejects.toMatchObject({ code: '395' })
  })
})

test('a query whose client goes away is stopped', async () => {
  const controller = new AbortController()
  const mark = `gone-${process.pid}`
  const slow = db.query({
    query: 'SELECT count() FROM numbers(1e12)',
    abort_signal: controller.signal,
    clickhouse_settings: { log_comment: mark, max_threads: 1 },
  })
  const running = async () => {
    const [row] = await rowsOf<{ n: number }>(
      "SELECT count() AS n FROM system.processes WHERE Settings['log_comment'] LIKE concat('%', {mark:String})",
      { mark },
    )
    return row?.n
  }
  await expect.poll(running, PATIENT).toBe(1)
  controller.abort()
  await expect(slow).rejects.toThrow()
  await expect.poll(running, PATIENT).toBe(0)
})
