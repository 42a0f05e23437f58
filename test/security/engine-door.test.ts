import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, embeddedServer } from '../../storage/client.ts'
import { ACCOUNTS, type Account, credentialHeaders, passwordOf } from '../../storage/embedded/accounts.ts'
import { type Embedded, startEmbedded } from '../../storage/embedded/embedded.ts'

// What other users of the machine find at the port of the embedded engine.

const SECRET = 'secret-of-this-start'

let dataDir: string
let engine: Embedded
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'plumbline-door-'))
  engine = await startEmbedded({ dataDir, port: 0, secret: SECRET })
})
afterAll(async () => {
  await engine.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const own = (account: Account) => credentialHeaders(account, passwordOf(SECRET, account))
const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` })

async function ask(headers: Record<string, string>, { sql = 'SELECT 1', parameters = '' } = {}) {
  const answer = await fetch(`${engine.url}/${parameters}`, { method: 'POST', body: sql, headers })
  return { status: answer.status, code: answer.headers.get('x-clickhouse-exception-code'), text: await answer.text() }
}

describe('a caller without the right password is refused', () => {
  const tools = passwordOf(SECRET, 'tools')
  test.each<[string, Record<string, string>, string]>([
    ['that sends none', {}, ''],
    ["that tries ClickHouse's default user", credentialHeaders('default', ''), ''],
    ['that tries an empty password', credentialHeaders('tools', ''), ''],
    ['that tries the password of another account', credentialHeaders('evaluator', tools), ''],
    ['that cuts the password short', credentialHeaders('tools', tools.slice(0, -1)), ''],
    ['that tries a name every object has', credentialHeaders('constructor', tools), ''],
    ['that sends a wrong one as Basic', basic('tools:nope'), ''],
    ['that sends a wrong one in the URL', {}, '?user=tools&password=nope'],
    ['that sends a right one in the URL behind a wrong header', basic('tools:nope'), `?user=tools&password=${tools}`],
  ])('%s', async (_, headers, parameters) => {
    for (const sql of ['SELECT 1', 'CREATE DATABASE taken', 'INSERT INTO t VALUES (1)']) {
      const answer = await ask(headers, { sql, parameters })
      expect([answer.status, answer.code]).toEqual([403, '516'])
      expect(answer.text).not.toContain(tools)
    }
  })

  test('nothing it asked for was done', async () => {
    const { text } = await ask(own('tools'), { sql: 'SHOW DATABASES' })
    expect(text).not.toContain('taken')
  })

  test('a ping is answered to everybody: it says no more than an open port', async () => {
    expect((await fetch(`${engine.url}/ping`)).status).toBe(200)
  })
})

test('without tokens a tool of this machine needs no password, and a wrong one is still refused', async () => {
  const openDir = await mkdtemp(join(tmpdir(), 'plumbline-open-door-'))
  const open = await startEmbedded({ dataDir: openDir, port: 0, secret: SECRET, openToTools: true })
  const statusOf = async (headers: Record<string, string>) =>
    (await fetch(open.url, { method: 'POST', body: 'SELECT 1', headers })).status
  try {
    expect(await statusOf({})).toBe(200)
    expect(await statusOf(credentialHeaders('default', ''))).toBe(200)
    expect(await statusOf(credentialHeaders('tools', 'nope'))).toBe(403)
    expect(await statusOf(own('evaluator'))).toBe(200)
  } finally {
    await open.stop()
    await rm(openDir, { recursive: true, force: true })
  }
})

describe('a caller with the password is served', () => {
  test.each(ACCOUNTS)('as %s', async (account) => {
    expect(await ask(own(account))).toMatchObject({ status: 200, text: '1\n' })
  })

  test('as Basic, and in the URL, as ClickHouse takes them', async () => {
    const password = passwordOf(SECRET, 'tools')
    expect(await ask(basic(`tools:${password}`))).toMatchObject({ status: 200 })
    expect(await ask({}, { parameters: `?user=tools&password=${password}` })).toMatchObject({ status: 200 })
  })

  test("through ClickHouse's own client", async () => {
    await using db = connect({
      ...embeddedServer(engine.url, { account: 'tools', secret: SECRET }),
      database: 'default',
    })
    expect(await (await db.query({ query: 'SELECT 2 AS n', format: 'JSONEachRow' })).json()).toEqual([{ n: 2 }])
  })

  test('sessions of one account are not those of another', async () => {
    const parameters = '?session_id=same'
    await ask(own('tools'), { sql: 'CREATE TEMPORARY TABLE mine (a UInt8)', parameters })
    const answer = await ask(own('api'), { sql: 'SELECT * FROM mine', parameters })
    expect(answer.code).toBe('60')
  })
})

test('guests read and do nothing else, whatever they ask for', async () => {
  await ask(own('tools'), {
    sql: 'CREATE TABLE default_t (a UInt8) ENGINE = MergeTree ORDER BY a',
    parameters: '?database=system',
  })
  for (const sql of ['CREATE DATABASE theirs', 'DROP DATABASE system', 'SET max_threads = 8', 'KILL QUERY WHERE 1'])
    expect(await ask(own('guests'), { sql, parameters: '?readonly=0' })).toMatchObject({ code: '164' })
  const { text } = await ask(own('guests'), {
    sql: "SELECT getSetting('readonly'), getSetting('max_threads')",
    parameters: '?readonly=0&max_threads=8',
  })
  expect(text).toBe('2\t1\n')
})

test('the passwords are neither in the arguments of the process, nor in its environment, nor in its folder', async () => {
  const passwords = [SECRET, ...ACCOUNTS.map((account) => passwordOf(SECRET, account))]
  const places = [
    `/proc/${engine.pid()}/cmdline`,
    `/proc/${engine.pid()}/environ`,
    ...['engine-config.xml', 'engine-users.xml'].map((name) => join(dataDir, name)),
  ]
  for (const place of places) {
    const text = await readFile(place, 'utf8')
    expect(text).not.toBe('')
    for (const password of passwords) expect(text).not.toContain(password)
  }
})

test('SQL does not show them either', async () => {
  const { text } = await ask(own('tools'), { sql: 'SELECT * FROM system.processes FORMAT JSON' })
  expect(text).not.toContain(passwordOf(SECRET, 'tools'))
})
