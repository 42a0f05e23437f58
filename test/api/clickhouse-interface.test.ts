import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seedCalls, seededApp } from './seeded-app.ts'

let app: Awaited<ReturnType<typeof seededApp>>

beforeAll(async () => {
  app = await seededApp()
  await seedCalls(app.db, [{ ago: 1, count: 3 }])
})
afterAll(() => app[Symbol.asyncDispose]())

const post = (sql: string, parameters = '', init: RequestInit = {}) =>
  app.get(`/clickhouse/${parameters}`, { method: 'POST', body: sql, ...init })
const ask = (sql: string, parameters = '') => app.get(`/clickhouse?query=${encodeURIComponent(sql)}${parameters}`)

describe('queries that read', () => {
  test('are answered to GET', async () => {
    const { status, text, headers } = await ask('SELECT count() FROM calls')
    expect([status, text]).toEqual([200, '3\n'])
    expect(headers.get('x-clickhouse-format')).toBe('TabSeparated')
    expect(headers.get('x-clickhouse-query-id')).not.toBeNull()
  })

  test('are answered to POST, in the format asked for, with bound values', async () => {
    const { text } = await post('SELECT {n:UInt32} + 1 AS n', '?param_n=41&default_format=JSONEachRow')
    expect(JSON.parse(text)).toEqual({ n: 42 })
  })

  test('may stand half in the URL, half in the body', async () => {
    expect((await post('+ 2', '?query=SELECT%201')).text).toBe('3\n')
  })

  test.each([
    ['the store by default', '', 'store'],
    ['the store where a client names the default database', '&database=default', 'store'],
    ['the tables about the engine where asked', '&database=system', 'system'],
  ])('stand in %s', async (_, parameters, wanted) => {
    const { text } = await ask('SELECT currentDatabase()', parameters)
    expect(text.trim()).toBe(wanted === 'store' ? app.database : wanted)
  })

  test('a ping is answered', async () => {
    expect((await app.get('/clickhouse/ping')).text).toBe('Ok.\n')
    expect((await app.get('/clickhouse/')).text).toBe('Ok.\n')
  })

  test("an error keeps ClickHouse's own form", async () => {
    const { status, text, headers } = await ask('SELECT nothing FROM calls')
    expect(status).toBeGreaterThanOrEqual(400)
    expect(headers.get('x-clickhouse-exception-code')).toBe('47')
    expect(text).toMatch(/^Code: 47\. DB::Exception: /)
  })
})

describe('what is bounded and refused', () => {
  test('every query has bounds that parameters do not lift', async () => {
    const settings = ['readonly', 'max_execution_time', 'max_result_rows', 'max_memory_usage']
    const wish = '&readonly=0&max_execution_time=9999&max_result_rows=0&max_memory_usage=0&allow_ddl=1'
    const { text } = await ask(`SELECT ${settings.map((name) => `getSetting('${name}')`).join(', ')}`, wish)
    expect(text.trim().split('\t')).toEqual(['2', '30', '1000000', '1073741824'])
  })

  test('more rows than the bound are an error, not a part of the answer', async () => {
    const { status, text } = await ask('SELECT number FROM numbers(1000001)')
    expect(status).toBeGreaterThanOrEqual(400)
    expect(text).toContain('TOO_MANY_ROWS')
  })

  test.each([
    ['an insert', "INSERT INTO ingest_log (collector) VALUES ('x')"],
    ['a drop', 'DROP TABLE calls'],
    ['a file', "SELECT * FROM file('/etc/hostname', 'LineAsString')"],
    ['an address', "SELECT * FROM url('http://127.0.0.1:1', 'LineAsString')"],
    ['a lifted bound', 'SELECT 1 SETTINGS max_execution_time = 0'],
    ['two statements', 'SELECT 1; SELECT 2'],
  ])('%s is refused in words a client shows', async (_, sql) => {
    for (const { status, text, headers } of [await post(sql), await ask(sql)]) {
      expect(status).toBe(403)
      expect(headers.get('x-clickhouse-exception-code')).toBe('497')
      expect(text).toMatch(/^Code: 497\. DB::Exception: Not allowed: .+\(ACCESS_DENIED\)\n$/)
    }
    expect((await ask('SELECT count() FROM calls')).text).toBe('3\n')
  })

  test('a statement of more than 256 KiB is too large', async () => {
    expect((await post(`SELECT '${'a'.repeat(300_000)}'`)).status).toBe(413)
  })

  test('compressed and multipart bodies are not understood, and say so', async () => {
    const zipped = await post('', '', { body: gzipSync('SELECT 1'), headers: { 'content-encoding': 'gzip' } })
    expect([zipped.status, zipped.body.detail]).toEqual([415, expect.stringContaining('Content-Encoding gzip')])
    const form = new FormData()
    form.set('query', 'SELECT 1')
    expect((await app.get('/clickhouse/', { method: 'POST', body: form })).status).toBe(415)
  })

  test.each(['PUT', 'DELETE'])('%s is not a way to read', async (method) => {
    expect((await app.get('/clickhouse/', { method })).status).toBe(405)
  })

  test('with a ClickHouse server it is not there: that one has readers of its own', async () => {
    await using other = await seededApp({ clickhouseUrl: null })
    expect((await other.get('/clickhouse/?query=SELECT%201')).status).toBe(404)
  })
})
