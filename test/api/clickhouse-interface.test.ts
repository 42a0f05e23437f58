import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeBlocks, encodeBlocks } from '../../storage/embedded/block-framing.ts'
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

describe('programs with compressed blocks', () => {
  const unpacked = async (response: Response) =>
    Buffer.concat(
      await Readable.from(decodeBlocks(Readable.from([Buffer.from(await response.arrayBuffer())]))).toArray(),
    )
  const send = async (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    app.app.request(path, { method: 'POST', body, headers })

  test.each(['LZ4', 'ZSTD', 'unheard of'])('get their answers and errors in them: %s', async (method) => {
    const parameters = `?compress=1&network_compression_method=${method}`
    const answer = await send(`/clickhouse/${parameters}`, 'SELECT count() FROM calls')
    expect([answer.status, (await unpacked(answer)).toString()]).toEqual([200, '3\n'])
    const refused = await send(`/clickhouse/${parameters}`, 'DROP TABLE calls')
    expect([refused.status, refused.headers.get('x-clickhouse-exception-code')]).toEqual([403, '497'])
    expect((await unpacked(refused)).toString()).toMatch(/^Code: 497\. DB::Exception: Not allowed: /)
    const wrong = await send(`/clickhouse/${parameters}`, 'SELECT nothing FROM calls')
    expect((await unpacked(wrong)).toString()).toMatch(/^Code: 47\./)
  })

  test('may send the statement in them, and no more than a statement', async () => {
    const blocks = async (sql: string) =>
      new Uint8Array(Buffer.concat(await Readable.from(encodeBlocks([Buffer.from(sql)], 'LZ4')).toArray()))
    const answer = await send('/clickhouse/?decompress=1', await blocks('SELECT count() FROM calls'))
    expect([answer.status, await answer.text()]).toEqual([200, '3\n'])
    const bomb = await send('/clickhouse/?decompress=1', await blocks(' '.repeat(300_000)))
    expect([bomb.status, await bomb.text()]).toEqual([400, expect.stringMatching(/^Code: 39\. .*262144/)])
    const plain = await send('/clickhouse/?decompress=1', 'SELECT count() FROM calls, and more than a head')
    expect([plain.status, await plain.text()]).toEqual([400, expect.stringMatching(/^Code: (39|40)\. /)])
  })

  test('may say database and format in headers', async () => {
    const headers = { 'x-clickhouse-format': 'JSONEachRow', 'x-clickhouse-database': 'system' }
    const answer = await send('/clickhouse/', 'SELECT currentDatabase() AS d', headers)
    expect(await answer.text()).toBe('{"d":"system"}\n')
  })
})

describe('tools whose path is the database', () => {
  test('ask at the root, by POST and by GET', async () => {
    const sql = 'SELECT count() FROM calls'
    for (const database of ['clickhouse', 'plumbline', 'default']) {
      const post = await app.get(`/?database=${database}`, { method: 'POST', body: sql })
      expect([post.status, post.text]).toEqual([200, '3\n'])
      const get = await app.get(`/?database=${database}&query=${encodeURIComponent(sql)}`)
      expect([get.status, get.text]).toEqual([200, '3\n'])
    }
    expect((await app.get('/ping')).text).toBe('Ok.\n')
    expect((await app.get('/clickhouse/plumbline', { method: 'POST', body: sql })).text).toBe('3\n')
  })

  test('are bounded and refused there as elsewhere', async () => {
    expect((await app.get('/', { method: 'POST', body: 'DROP TABLE calls' })).status).toBe(403)
    const foreign = await app.get('/?query=SELECT%201', {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
    })
    expect(foreign.status).toBe(403)
  })

  test('need a token where there are any, and pages stay open', async () => {
    const tokens = [{ name: 'r', token: 'secret-token-of-a-reader', scopes: ['read' as const] }]
    await using guarded = await seededApp({ config: { bind: '127.0.0.1', publicUrl: undefined, tokens } })
    const ask = (headers: Record<string, string>) => guarded.get('/', { method: 'POST', body: 'SELECT 1', headers })
    expect((await ask({})).status).toBe(401)
    expect((await ask({ 'x-clickhouse-user': 'any', 'x-clickhouse-key': 'secret-token-of-a-reader' })).text).toBe('1\n')
    expect((await guarded.get('/?query=SELECT%201')).status).toBe(401)
    expect((await guarded.get('/')).headers.get('content-type')).toContain('text/html')
  })

  test('with a ClickHouse server nothing is asked there', async () => {
    await using other = await seededApp({ clickhouseUrl: null })
    expect((await other.get('/', { method: 'POST', body: 'SELECT 1' })).status).toBe(404)
  })
})

test("Grafana's lists of values are answered, with a limit that is lower than that of guests", async () => {
  const { status, text } = await ask('SELECT DISTINCT service FROM calls LIMIT 10 SETTINGS max_execution_time=10')
  expect([status, text]).toEqual([200, 'checkout\n'])
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
