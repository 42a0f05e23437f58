import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { type Account, credentialHeaders, passwordOf } from '../../storage/embedded/accounts.ts'
import { type Embedded, startEmbedded } from '../../storage/embedded/embedded.ts'
import type { Db } from '../../storage/query.ts'

// One caller's slow queries take nothing of another's: evaluator, collector, API, guests and tools have lanes of their own.

const SECRET = 'secret-of-this-start'
const READ_TOKEN = 'a-token-of-scope-read'
/** Longer than a test, of few rows: what is cut short is cut short by its caller's leaving. */
const SLOW = 'SELECT count() FROM numbers(1000000) AS a, numbers(1000000) AS b WHERE sipHash64(a.number, b.number) = 1'

let dataDir: string
let engine: Embedded
let db: Db
let app: ReturnType<typeof createApp>
const leaving = { abort: new AbortController() }

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'plumbline-lanes-'))
  engine = await startEmbedded({ dataDir, port: 0, secret: SECRET })
  db = connect({ ...embeddedServer(engine.url, { account: 'api', secret: SECRET }), database: 'default' })
  app = createApp({
    config: {
      bind: '127.0.0.1',
      publicUrl: undefined,
      tokens: [
        { name: 'board', token: READ_TOKEN, scopes: ['read'] },
        { name: 'other', token: `${READ_TOKEN}-2`, scopes: ['read'] },
      ],
    },
    db,
    log: pino({ level: 'silent' }),
    metrics: new Registry(),
    clock: () => new Date(),
    version: '0.0.0',
    webRoot: '/nowhere',
    clickhouseUrl: engine.url,
    clickhouseHeaders: credentialHeaders('guests', passwordOf(SECRET, 'guests')),
    maxAgeMs: 0,
    ackTtlMs: 0,
  })
})
afterEach(() => {
  leaving.abort.abort()
  leaving.abort = new AbortController()
})
afterAll(async () => {
  await db.close()
  await engine.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const asAccount = (account: Account, sql: string, signal = leaving.abort.signal) =>
  fetch(engine.url, {
    method: 'POST',
    body: sql,
    headers: credentialHeaders(account, passwordOf(SECRET, account)),
    signal,
  })
const asReader = (sql: string, token = READ_TOKEN) =>
  app.request('/clickhouse', {
    method: 'POST',
    body: sql,
    headers: { authorization: `Bearer ${token}` },
    signal: leaving.abort.signal,
  })

/** How often a query with this text runs now. */
async function running(text: string): Promise<number> {
  const sql = `SELECT count() FROM system.processes WHERE query LIKE '%${text}%' AND query NOT LIKE '%system.processes%'`
  return Number(await (await asAccount('tools', sql, AbortSignal.timeout(20_000))).text())
}

async function until(what: () => Promise<boolean>) {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('while guests keep their lane full', () => {
  test.each<Account>(['evaluator', 'collector', 'api', 'tools'])('%s is answered at once', async (account) => {
    let guestsAnswered = 0
    const guests = Array.from({ length: 30 }, () =>
      asAccount('guests', SLOW).then(
        () => guestsAnswered++,
        () => undefined,
      ),
    )
    await until(async () => (await running('sipHash64(a.number')) > 0)
    expect(await (await asAccount(account, 'SELECT 1')).text()).toBe('1\n')
    expect(guestsAnswered).toBe(0)
    leaving.abort.abort()
    await Promise.all(guests)
  })

  test('a guest too many is refused, and told when to ask again', async () => {
    const statuses: number[] = []
    const guests = Array.from({ length: 50 }, () =>
      asAccount('guests', SLOW).then(
        async (answer) => {
          statuses.push(answer.status)
          expect(answer.headers.get('retry-after')).not.toBeNull()
          expect(await answer.text()).toContain('TOO_MANY_SIMULTANEOUS_QUERIES')
        },
        () => undefined,
      ),
    )
    await until(async () => statuses.length > 0)
    expect(new Set(statuses)).toEqual(new Set([503]))
    leaving.abort.abort()
    await Promise.all(guests)
  })
})

describe('a reader that asks forty times at once', () => {
  test('is served in part, and for the rest answered 429 as ClickHouse words it', async () => {
    const refused: Response[] = []
    const asked = Array.from({ length: 40 }, () =>
      Promise.resolve(asReader(SLOW)).then(
        (answer) => void (answer.status === 429 && refused.push(answer)),
        () => undefined,
      ),
    )
    await until(async () => refused.length === 12 && (await running('sipHash64(a.number')) > 0)
    const [first] = refused as [Response]
    expect(first.headers.get('retry-after')).toBe('2')
    expect(first.headers.get('x-clickhouse-exception-code')).toBe('202')
    expect(await first.text()).toMatch(/^Code: 202\. DB::Exception: .+ \(TOO_MANY_SIMULTANEOUS_QUERIES\)\n$/)
    // Everything else of the API goes on, for the same reader.
    const health = await app.request('/api/v1/openapi.json', { headers: { authorization: `Bearer ${READ_TOKEN}` } })
    expect(health.status).toBe(200)
    leaving.abort.abort()
    await Promise.all(asked)
  })

  test('and goes away, is not computed for any longer', async () => {
    const asked = Array.from({ length: 20 }, () => Promise.resolve(asReader(SLOW)).catch(() => undefined))
    await until(async () => (await running('sipHash64(a.number')) > 0)
    leaving.abort.abort()
    await Promise.all(asked)
    leaving.abort = new AbortController()
    await until(async () => (await running('sipHash64(a.number')) === 0)
    expect(await (await asReader('SELECT 1', `${READ_TOKEN}-2`)).text()).toBe('1\n')
  })

  test('each of its queries has one thread', async () => {
    const answer = await asReader("SELECT getSetting('max_threads'), getSetting('readonly')")
    expect(await answer.text()).toBe('1\t2\n')
  })
})
