import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { startApi } from '../../api/main.ts'
import { loadConfig } from '../../runtime/config.ts'
import { testDatabase } from '../support/database.ts'

const TOKEN = 'reader-token-0123456789'

async function running(overrides: Record<string, unknown> = {}) {
  const store = await testDatabase()
  const config = loadConfig({ path: undefined, env: {}, overrides: { ports: { api: 0 }, ...overrides } })
  const log = pino({ level: 'silent' })
  const { api, stop } = await startApi({ config, db: store.db, log, metrics: new Registry(), clickhouseUrl: store.url })
  const dispose = async () => {
    await stop()
    await store[Symbol.asyncDispose]()
  }
  return { api, [Symbol.asyncDispose]: dispose }
}

describe('startApi', () => {
  test('serves on a free port of loopback and stops', async () => {
    const { api, ...rest } = await running()
    expect(api).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await (await fetch(`${api}/healthz`)).text()).toBe('ok\n')
    expect((await fetch(`${api}/api/v1/slos`)).status).toBe(200)
    await rest[Symbol.asyncDispose]()
    await expect(fetch(`${api}/healthz`)).rejects.toThrow()
  })

  test('a port that is taken is named with the key and variable that change it', async () => {
    const other: Server = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await expect(running({ ports: { api: port } })).rejects.toThrow(
      `port ${port} on 127.0.0.1 is taken: stop what uses it, or set ports.api (PLUMBLINE_PORTS_API)`,
    )
    await new Promise((resolve) => other.close(resolve))
  })

  test('stops within seconds though a client keeps its connection', async () => {
    const { api, ...rest } = await running()
    const answer = await fetch(`${api}/healthz`, { headers: { connection: 'keep-alive' } })
    await answer.text()
    await rest[Symbol.asyncDispose]()
  })
})

describe('/clickhouse over the wire', () => {
  test("serves ClickHouse's own client", async () => {
    await using server = await running({ tokens: [{ name: 'r', token: TOKEN, scopes: ['read'] }] })
    await using client = createClient({
      url: `${server.api}/clickhouse`,
      pathname: '/clickhouse',
      username: 'viewer',
      password: TOKEN,
      log: { level: ClickHouseLogLevel.OFF },
    })
    expect(await client.ping()).toMatchObject({ success: true })
    const answer = await client.query({
      query: 'SELECT number, {word:String} AS word FROM numbers(3)',
      query_params: { word: "it's" },
      format: 'JSONEachRow',
    })
    expect(await answer.json()).toEqual([0, 1, 2].map((number) => ({ number, word: "it's" })))
    await expect(client.command({ query: 'DROP TABLE calls' })).rejects.toMatchObject({ code: '497' })
  })

  test('and nobody without the token', async () => {
    await using server = await running({ tokens: [{ name: 'r', token: TOKEN, scopes: ['read'] }] })
    const answer = await fetch(`${server.api}/clickhouse/?query=SELECT%201`)
    expect(answer.status).toBe(401)
  })
})
