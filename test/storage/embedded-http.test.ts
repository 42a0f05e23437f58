import { request as httpRequest } from 'node:http'
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

const DATABASE = `embedded_http_${process.pid}`

interface Sent {
  method?: string
  path?: string
  body?: string | Buffer
  headers?: Record<string, string>
  params?: Record<string, string>
}

/** A request as it is on the wire: nothing decoded, no header added. */
function send({ method = 'POST', path = '/', body = '', headers = {}, params = {} }: Sent) {
  const url = new URL(path, inject('engineUrl'))
  for (const [name, value] of Object.entries({ database: DATABASE, ...params })) url.searchParams.set(name, value)
  return new Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer; text: string }>(
    (resolve, reject) => {
      const request = httpRequest(url, { method, headers }, (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece) => pieces.push(piece))
        response.on('error', reject)
        response.on('end', () => {
          const bytes = Buffer.concat(pieces)
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString() })
        })
      })
      request.on('error', reject)
      request.end(body)
    },
  )
}

beforeAll(async () => {
  await send({ body: `CREATE DATABASE ${DATABASE}`, params: { database: 'default' } })
  await send({ body: 'CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a' })
})
afterAll(() => send({ body: `DROP DATABASE ${DATABASE} SYNC`, params: { database: 'default' } }))

const count = async () => Number((await send({ body: 'SELECT count() FROM t' })).text)

describe('the interface', () => {
  test.each(['/ping', '/'])('GET %s answers Ok', async (path) => {
    const url = new URL(path, inject('engineUrl'))
    const answer = await fetch(url)
    expect([answer.status, await answer.text()]).toEqual([200, 'Ok.\n'])
  })

  const places: [string, Sent][] = [
    ['in the body', { body: 'SELECT 1, 2' }],
    ['in the URL', { params: { query: 'SELECT 1, 2' } }],
    ['begun in the URL and ended in the body', { params: { query: 'SELECT 1,' }, body: '2' }],
    ['of a GET', { method: 'GET', params: { query: 'SELECT 1, 2' } }],
    ['behind any path', { path: '/some/proxy/', body: 'SELECT 1, 2' }],
    ['zipped', { body: gzipSync('SELECT 1, 2'), headers: { 'Content-Encoding': 'gzip' } }],
  ]
  test.each(places)('takes SQL %s', async (_, sent) => {
    expect(await send(sent)).toMatchObject({ status: 200, text: '1\t2\n' })
  })

  test('answers in the format of the statement, of the URL, of a header, else tab-separated', async () => {
    const sql = 'SELECT 1 AS n'
    const texts = await Promise.all([
      send({ body: `${sql} FORMAT CSVWithNames`, params: { default_format: 'JSONEachRow' } }),
      send({ body: sql, params: { default_format: 'JSONEachRow' } }),
      send({ body: sql, headers: { 'X-ClickHouse-Format': 'JSONEachRow' } }),
      send({ body: sql }),
    ])
    expect(texts.map(({ text, headers }) => [headers['x-clickhouse-format'], text])).toEqual([
      ['CSVWithNames', '"n"\n1\n'],
      ['JSONEachRow', '{"n":1}\n'],
      ['JSONEachRow', '{"n":1}\n'],
      ['TabSeparated', '1\n'],
    ])
  })

  test('names the query, the time zone and what it cost', async () => {
    const { headers } = await send({ body: 'SELECT 1', params: { query_id: 'my-id' } })
    expect(headers).toMatchObject({ 'x-clickhouse-query-id': 'my-id', 'x-clickhouse-timezone': 'UTC' })
    const summary = JSON.parse(String(headers['x-clickhouse-summary']))
    expect(summary).toMatchObject({ read_rows: '1', written_rows: '0', result_bytes: '2' })
  })

  test('an empty result has a length of zero', async () => {
    expect(await send({ body: 'SELECT 1 WHERE 0' })).toMatchObject({ headers: { 'content-length': '0' }, text: '' })
  })

  test('errors have a status, a code in a header, and the text a server would send', async () => {
    const { status, headers, text } = await send({ body: 'SELECT * FROM nope' })
    expect(status).toBe(404)
    expect(headers['x-clickhouse-exception-code']).toBe('60')
    expect(text).toMatch(/^Code: 60\. DB::Exception: Unknown table .*\. \(UNKNOWN_TABLE\) \(version [\d.]+\)\n$/)
    expect(text.match(/DB::Exception/g)).toHaveLength(1)
  })
})

describe('rows of an insert', () => {
  const INSERT = 'INSERT INTO t FORMAT JSONEachRow'
  const ROW = '{"a":1,"b":"x;y"}\n'
  const rows: [string, Sent][] = [
    ['in the body behind the statement', { body: `${INSERT}\n${ROW}` }],
    ['in the body, the statement in the URL', { params: { query: INSERT }, body: ROW }],
    ['begun in the URL', { params: { query: `${INSERT}\n{"a":1,` }, body: '"b":"x"}' }],
    ['as values', { body: "INSERT INTO t (a, b) VALUES (1, 'x;y')" }],
    ['as values, the statement in the URL', { params: { query: 'INSERT INTO t VALUES' }, body: "(1, 'x')" }],
    ['with settings in the statement', { body: `INSERT INTO t SETTINGS async_insert = 0 FORMAT JSONEachRow ${ROW}` }],
    ['gzip', { params: { query: INSERT }, body: gzipSync(ROW), headers: { 'Content-Encoding': 'gzip' } }],
    ['brotli', { params: { query: INSERT }, body: brotliCompressSync(ROW), headers: { 'Content-Encoding': 'br' } }],
    ['zstd', { params: { query: INSERT }, body: zstdCompressSync(ROW), headers: { 'Content-Encoding': 'zstd' } }],
    ['deflate', { params: { query: INSERT }, body: deflateSync(ROW), headers: { 'Content-Encoding': 'deflate' } }],
    [
      'gzip, with the statement inside',
      { body: gzipSync(`${INSERT}\n${ROW}`), headers: { 'Content-Encoding': 'gzip' } },
    ],
  ]
  test.each(rows)('are stored when sent %s', async (_, sent) => {
    const before = await count()
    expect(await send(sent)).toMatchObject({ status: 200, text: '' })
    expect(await count()).toBe(before + 1)
  })

  test('in bytes that are no text, behind the statement', async () => {
    const row = Buffer.from([0xff, 0xfe, 0xfd, 0xfc, 3, 0x00, 0x0a, 0xff])
    expect(await send({ body: Buffer.concat([Buffer.from('INSERT INTO t FORMAT RowBinary\n'), row]) })).toMatchObject({
      status: 200,
    })
    const { text } = await send({ body: 'SELECT hex(b) FROM t WHERE a = 0xfcfdfeff' })
    expect(text).toBe('000AFF\n')
  })

  test('far longer than the part that is looked at for the statement', async () => {
    const before = await count()
    const many = '{"a":2,"b":"long"}\n'.repeat(50_000)
    expect(await send({ body: `${INSERT}\n${many}` })).toMatchObject({ status: 200 })
    expect(await count()).toBe(before + 50_000)
  })

  test('are not stored when the body breaks off', async () => {
    const before = await count()
    const url = new URL(inject('engineUrl'))
    url.search = new URLSearchParams({ database: DATABASE, query: INSERT }).toString()
    await new Promise<void>((resolve) => {
      const request = httpRequest(url, { method: 'POST' })
      request.on('error', () => resolve())
      request.write(ROW.repeat(1000), () => request.destroy(new Error('cut')))
    })
    expect(await count()).toBe(before)
  })

  test('damaged or in an unknown coding are refused', async () => {
    const headers = { 'Content-Encoding': 'gzip' }
    const damaged = await send({ params: { query: INSERT }, body: gzipSync(ROW).subarray(0, -10), headers })
    expect(damaged.headers['x-clickhouse-exception-code']).toBeDefined()
    const unknown = await send({ params: { query: INSERT }, body: ROW, headers: { 'Content-Encoding': 'compress' } })
    expect(unknown.text).toContain("Content-Encoding 'compress' is not supported here")
  })
})

test('an insert may be lz4 as a whole, as clickhouse-connect sends it', async () => {
  // `INSERT INTO t FORMAT CSV\n77,x\n` in a frame of one stored block.
  const text = Buffer.from('INSERT INTO t FORMAT CSV\n77,x\n')
  const frame = Buffer.concat([
    Buffer.from('04224d18604082', 'hex'),
    Buffer.from([text.length, 0, 0, 0x80]),
    text,
    Buffer.alloc(4),
  ])
  expect(await send({ body: frame, headers: { 'Content-Encoding': 'lz4' } })).toMatchObject({ status: 200, text: '' })
  expect(await send({ body: 'SELECT b FROM t WHERE a = 77' })).toMatchObject({ text: 'x\n' })
})

describe('results', () => {
  const ROWS = { body: 'SELECT number FROM numbers(10000)' }
  const LARGE = { body: "SELECT number, repeat('x', 900) FROM numbers(20000)" }

  test.each([ROWS, LARGE])('are compressed when asked for: $body', async (sent) => {
    const plain = await send(sent)
    const gzip = await send({ ...sent, headers: { 'Accept-Encoding': 'gzip, deflate' } })
    const zstd = await send({ ...sent, headers: { 'Accept-Encoding': 'gzip, zstd' } })
    expect([plain, gzip, zstd].map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip', 'zstd'])
    expect(gunzipSync(gzip.bytes).equals(plain.bytes)).toBe(true)
    expect(zstdDecompressSync(zstd.bytes).equals(plain.bytes)).toBe(true)
    expect(gzip.bytes.length).toBeLessThan(plain.bytes.length / 2)
  })

  test('are left alone when a coding is ruled out', async () => {
    const { headers } = await send({ ...ROWS, headers: { 'Accept-Encoding': 'gzip;q=0, *;q=0' } })
    expect(headers['content-encoding']).toBeUndefined()
  })
})

describe('a GET changes nothing', () => {
  const writes = [
    "INSERT INTO t VALUES (9, 'x')",
    'CREATE TABLE u (a Int8) ENGINE = Memory',
    'DROP TABLE t',
    'SET readonly = 0',
  ]
  test.each(writes)('%s', async (query) => {
    const before = await count()
    const answer = await send({ method: 'GET', params: { query } })
    expect(answer).toMatchObject({ status: 403, headers: { 'x-clickhouse-exception-code': '164' } })
    expect(await count()).toBe(before)
  })

  test('nor does a POST that asks for it', async () => {
    const answer = await send({ body: 'DROP TABLE t', params: { readonly: '1' } })
    expect(answer.headers['x-clickhouse-exception-code']).toBe('164')
  })

  test('in a session neither', async () => {
    const params = { session_id: `${DATABASE}-get`, query: 'DROP TABLE t' }
    expect((await send({ method: 'GET', params })).headers['x-clickhouse-exception-code']).toBe('164')
    expect(await send({ body: 'SELECT 1', params: { session_id: params.session_id } })).toMatchObject({ text: '1\n' })
  })
})

describe('web pages are refused', () => {
  const rows: [string, Record<string, string>][] = [
    ['a script of another site', { Origin: 'https://evil.example' }],
    ['a sandboxed page', { Origin: 'null' }],
    ['a page of another local port', { Origin: 'http://127.0.0.1:3000' }],
    ['an image tag', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a name that was pointed at this machine', { Host: 'evil.example:8124' }],
    ['a name that begins like loopback', { Host: '127.0.0.1.evil.example' }],
  ]
  test.each(rows)('%s', async (_, headers) => {
    for (const method of ['GET', 'POST']) {
      const answer = await send({ method, params: { query: 'SELECT 1' }, headers })
      expect(answer).toMatchObject({ status: 403, headers: { 'x-clickhouse-exception-code': '497' } })
      expect(answer.text).toContain('is refused')
    }
  })

  test.each(['localhost', '127.0.0.1:8124', '[::1]:8124'])('programs on %s are not', async (host) => {
    expect(await send({ body: 'SELECT 1', headers: { Host: host } })).toMatchObject({ status: 200 })
  })
})

describe('forms', () => {
  const form = async (fields: Record<string, string | Blob>, params: Record<string, string> = {}) => {
    const body = new FormData()
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    const url = new URL(inject('engineUrl'))
    url.search = new URLSearchParams({ database: DATABASE, ...params }).toString()
    const answer = await fetch(url, { method: 'POST', body })
    return [answer.status, await answer.text()]
  }

  test('carry the query and its parameters', async () => {
    expect(await form({ query: 'SELECT {v:String}', param_v: 'a\\tb' })).toEqual([200, 'a\\tb\n'])
  })

  test('carry tables', async () => {
    const fields = { query: 'SELECT sum(a), max(name) FROM mine', mine: new Blob(['1,x\n2,y\n']) }
    const params = { mine_format: 'CSV', mine_structure: 'a UInt8, name String' }
    expect(await form(fields, params)).toEqual([200, '3\ty\n'])
    expect(
      await form({ query: 'SELECT sum(_1) FROM mine', mine: new Blob(['1\n2\n']) }, { mine_types: 'UInt8' }),
    ).toEqual([200, '3\n'])
    expect((await form({ query: 'SELECT 1', mine: new Blob(['1']) }))[1]).toContain(
      'External table mine needs mine_structure',
    )
  })
})

test('an unknown session is an error only when asked to check', async () => {
  const params = { session_id: `${DATABASE}-new`, session_check: '1' }
  expect((await send({ body: 'SELECT 1', params })).headers['x-clickhouse-exception-code']).toBe('372')
})

test('the first query of clickhouse-go is answered in its own revision, and moves it to revision 0', async () => {
  const { bytes } = await send({
    body: 'SELECT displayName(), version(), revision(), timezone()',
    params: { default_format: 'Native', client_protocol_version: '54460' },
  })
  expect(bytes.subarray(0, 10).toString('hex')).toBe('010002ffffffff000401')
  expect(bytes.includes(Buffer.from('\x0arevision()\x06UInt32\x00\x00\x00\x00\x00'))).toBe(true)
})
