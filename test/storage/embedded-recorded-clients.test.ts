import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { decodeBlocks } from '../../storage/embedded/block-framing.ts'
import { decodeLz4 } from '../../storage/embedded/lz4-frame.ts'

interface Sent {
  params: Record<string, string>
  headers: Record<string, string>
  /** Base64. */
  body: string
}

/** Requests as the clients sent them: a text of 10,000 letters is read, a table is made, and 20 rows are inserted. */
const CLIENTS = JSON.parse(readFileSync(new URL('recorded-clients.json', import.meta.url), 'utf8')) as {
  client: string
  requests: Sent[]
}[]
const DATABASE = `recorded_clients_${process.pid}`

function send({ params, headers, body }: Sent) {
  const url = new URL('/', inject('engineUrl'))
  for (const [name, value] of Object.entries({ database: DATABASE, ...params })) url.searchParams.set(name, value)
  return new Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }>((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(pieces) }),
      )
    })
    request.on('error', reject)
    request.end(Buffer.from(body, 'base64'))
  })
}

const ask = (sql: string, params: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  send({ params, headers, body: Buffer.from(sql).toString('base64') })
const all = async (pieces: AsyncIterable<Uint8Array>) => Buffer.concat(await Readable.from(pieces).toArray())
const unpacked = (bytes: Buffer) => all(decodeBlocks(Readable.from([bytes])))

beforeAll(() => ask(`CREATE DATABASE ${DATABASE}`, { database: 'default' }))
afterAll(() => ask(`DROP DATABASE ${DATABASE} SYNC`, { database: 'default' }))

describe.each(CLIENTS)('$client', ({ requests }) => {
  test('reads and inserts', async () => {
    await ask('DROP TABLE IF EXISTS recorded SYNC')
    const texts = []
    for (const sent of requests) {
      const answer = await send(sent)
      const isUnknownTable = Buffer.from(sent.body, 'base64').toString() === 'SELECT nothing FROM calls'
      expect([answer.status, sent]).toEqual([isUnknownTable ? 404 : 200, sent])
      const isInFrame = answer.headers['content-encoding'] === 'lz4'
      const isInBlocks = sent.params.compress === '1'
      const body = isInFrame ? await all(decodeLz4(Readable.from([answer.bytes]))) : answer.bytes
      texts.push((isInBlocks ? await unpacked(body) : body).toString('latin1'))
    }
    expect(texts.some((text) => text.includes('plumbline '.repeat(1000)))).toBe(true)
    const { bytes } = await ask('SELECT count(), sum(a), max(b) FROM recorded')
    expect(bytes.toString()).toBe('20\t190\trow 6\n')
  })
})

describe('compress=1', () => {
  test('an error is in blocks, and its code in the head', async () => {
    const answer = await ask('SELECT nothing FROM recorded_nowhere', { compress: '1' })
    expect(answer).toMatchObject({ status: 404, headers: { 'x-clickhouse-exception-code': '60' } })
    expect((await unpacked(answer.bytes)).toString()).toMatch(/^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\)/)
  })

  test('an empty result stays empty', async () => {
    expect(await ask('SELECT 1 WHERE 0', { compress: '1' })).toMatchObject({ status: 200, bytes: Buffer.alloc(0) })
  })

  test('takes the place of codings of HTTP', async () => {
    const answer = await ask('SELECT 1', { compress: '1' }, { 'accept-encoding': 'gzip, zstd, lz4' })
    expect(answer.headers).not.toHaveProperty('content-encoding')
    expect((await unpacked(answer.bytes)).toString()).toBe('1\n')
  })

  test.each(['LZ4', 'zstd', 'NONE'])('a result too large to be held comes in blocks of %s', async (name) => {
    const sql = "SELECT number, repeat('x', 100) FROM numbers(100000)"
    const plain = await ask(sql)
    const answer = await ask(sql, { compress: '1', network_compression_method: name })
    expect((await unpacked(answer.bytes)).equals(plain.bytes)).toBe(true)
  })

  test('an error behind blocks stands as it is', async () => {
    const sql =
      "SELECT throwIf(number = 140000, 'midway'), repeat('x', 100) FROM numbers(150000) SETTINGS max_block_size = 10000"
    const { status, headers, bytes } = await ask(sql, { compress: '1', default_format: 'TabSeparated' })
    const tag = String(headers['x-clickhouse-exception-tag'])
    const trailer = bytes.indexOf(`\r\n__exception__\r\n${tag}\r\nCode: 395. `)
    expect([status, trailer > 0]).toEqual([200, true])
    expect((await unpacked(bytes.subarray(0, trailer))).length).toBeGreaterThan(8 * 2 ** 20)
  })
})

describe('decompress=1', () => {
  test('a body that is not in blocks is refused with what to do', async () => {
    const { status, bytes } = await ask('SELECT 1 FROM system.numbers LIMIT 1 -- long enough for a head', {
      decompress: '1',
    })
    expect([status, bytes.toString()]).toEqual([400, expect.stringMatching(/^Code: \d+\. DB::Exception: .*blocks/)])
  })
})

describe('Accept-Encoding: lz4', () => {
  test.each(['SELECT 1', "SELECT number, repeat('x', 100) FROM numbers(100000)", 'SELECT 1 WHERE 0'])(
    '%s is answered with a frame, however short',
    async (sql) => {
      const plain = await ask(sql)
      const { headers, bytes } = await ask(sql, {}, { 'accept-encoding': 'lz4' })
      expect(headers).toMatchObject({ 'content-encoding': 'lz4' })
      expect((await all(decodeLz4(Readable.from([bytes])))).equals(plain.bytes)).toBe(true)
    },
  )

  test('gzip and zstd come first, and an error is plain', async () => {
    const long = "SELECT repeat('x', 5000)"
    expect((await ask(long, {}, { 'accept-encoding': 'lz4, gzip' })).headers).toMatchObject({
      'content-encoding': 'gzip',
    })
    const { headers, bytes } = await ask('SELEC 1', {}, { 'accept-encoding': 'lz4' })
    expect(headers).not.toHaveProperty('content-encoding')
    expect(bytes.toString()).toMatch(/^Code: 62\./)
  })
})
