import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { afterEach, describe, expect, test } from 'vitest'
import { type Embedded, type EmbeddedEvent, startEmbedded } from '../../storage/embedded/embedded.ts'

const PATIENT = { timeout: 10_000 }
const MEMORY_BYTES = 1.5 * 2 ** 30
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function temporaryDir() {
  const dir = await mkdtemp(join(tmpdir(), 'plumbline-embedded-'))
  cleanups.push(() => rm(dir, { recursive: true, force: true }))
  return dir
}

async function start(dataDir: string, events: EmbeddedEvent[] = [], port = 0): Promise<Embedded> {
  const engine = await startEmbedded({
    dataDir,
    port,
    memoryBytes: MEMORY_BYTES,
    onEvent: (event) => events.push(event),
  })
  cleanups.push(() => engine.stop())
  return engine
}

function clientOf({ url }: Embedded): ClickHouseClient {
  const client = createClient({ url, clickhouse_settings: { async_insert: 0 }, log: { level: 127 as never } })
  cleanups.push(() => client.close())
  return client
}

async function read<T>(client: ClickHouseClient, query: string): Promise<T[]> {
  return (await client.query({ query, format: 'JSONEachRow' })).json<T>()
}

/** Queries that compute now, besides this one. */
async function running(engine: Embedded): Promise<number> {
  const [row] = await read<{ n: number }>(
    clientOf(engine),
    "SELECT count() AS n FROM system.processes WHERE query NOT LIKE '%system.processes%'",
  )
  return row?.n ?? 0
}

async function untilDone<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch {
      await sleep(20)
    }
  }
}

const TABLE = `CREATE TABLE t (batch UInt32, n UInt32) ENGINE = MergeTree ORDER BY (batch, n)
  SETTINGS non_replicated_deduplication_window = 1000`

const ROLLUP = `CREATE TABLE rollup (batch UInt32, rows UInt64) ENGINE = SummingMergeTree ORDER BY batch
  SETTINGS non_replicated_deduplication_window = 1000`
const VIEW = 'CREATE MATERIALIZED VIEW view TO rollup AS SELECT batch, count() AS rows FROM t GROUP BY batch'

describe('an engine that dies', () => {
  test.each(['SIGKILL', 'SIGSEGV', 'SIGABRT'] as const)(
    'of %s is back on the same port with everything in it',
    async (signal) => {
      const events: EmbeddedEvent[] = []
      const engine = await start(await temporaryDir(), events)
      const client = clientOf(engine)
      await client.command({ query: TABLE })
      await client.insert({ table: 't', values: [{ batch: 1, n: 1 }], format: 'JSONEachRow' })
      const pid = engine.pid() ?? 0
      process.kill(pid, signal)
      await expect.poll(() => engine.pid() ?? pid, PATIENT).not.toBe(pid)
      expect(await untilDone(() => read(client, 'SELECT * FROM t'))).toEqual([{ batch: 1, n: 1 }])
      expect(events).toMatchObject([
        { type: 'ready', pid, url: engine.url },
        { type: 'exited', pid, exit: { signal }, restartInMs: 0 },
        { type: 'ready', url: engine.url },
      ])
    },
  )

  test('while it is written to holds every batch once: writers retry with their tokens', async () => {
    const BATCHES = 60
    const ROWS = 500
    const events: EmbeddedEvent[] = []
    const engine = await start(await temporaryDir(), events)
    const client = clientOf(engine)
    for (const query of [TABLE, ROLLUP, VIEW]) await client.command({ query })
    let stored = 0
    async function write(batch: number) {
      const values = Array.from({ length: ROWS }, (_, n) => ({ batch, n }))
      const clickhouse_settings = { insert_deduplication_token: `batch-${batch}` }
      await untilDone(() => client.insert({ table: 't', values, format: 'JSONEachRow', clickhouse_settings }))
      stored++
    }
    async function writer(first: number) {
      for (let batch = first; batch < BATCHES; batch += 3) await write(batch)
    }
    async function killer() {
      for (const after of [10, 30]) {
        while (stored < after) await sleep(1)
        const pid = engine.pid()
        if (pid !== undefined) process.kill(pid, 'SIGKILL')
      }
    }
    await Promise.all([writer(0), writer(1), writer(2), killer()])
    const answer = await read(
      client,
      'SELECT uniqExact(batch) AS batches, count() AS rows, uniqExact(batch, n) AS different FROM t',
    )
    expect(answer).toEqual([{ batches: BATCHES, rows: BATCHES * ROWS, different: BATCHES * ROWS }])
    expect(await read(client, 'SELECT sum(rows) AS rows FROM rollup')).toEqual([{ rows: BATCHES * ROWS }])
    expect(events.filter(({ type }) => type === 'exited')).toHaveLength(2)
  })

  test('between the token of an insert and its rows stores them on the retry', async () => {
    const dataDir = await temporaryDir()
    const first = await start(dataDir)
    const client = clientOf(first)
    for (const query of [TABLE, ROLLUP, VIEW]) await client.command({ query })
    const write = (batch: number, to: ClickHouseClient) =>
      to.insert({
        table: 't',
        values: [{ batch, n: 1 }],
        format: 'JSONEachRow',
        clickhouse_settings: { insert_deduplication_token: `batch-${batch}` },
      })
    for (const batch of [1, 2, 3]) await write(batch, client)
    const paths = await read<{ path: string }>(
      client,
      'SELECT path FROM system.parts WHERE min_block_number = 2 AND active',
    )
    await first.stop()
    // What a kill at that moment leaves: the token in the log of the table and of the view's target, and no part.
    expect(paths).toHaveLength(2)
    for (const { path } of paths) await rm(path, { recursive: true })

    const again = clientOf(await start(dataDir))
    expect(await read(again, 'SELECT batch FROM t ORDER BY batch')).toEqual([{ batch: 1 }, { batch: 3 }])
    for (const batch of [1, 2, 3, 2]) await write(batch, again)
    expect(await read(again, 'SELECT batch FROM t ORDER BY batch')).toEqual([{ batch: 1 }, { batch: 2 }, { batch: 3 }])
    expect(await read(again, 'SELECT batch, sum(rows) AS rows FROM rollup GROUP BY batch ORDER BY batch')).toEqual(
      [1, 2, 3].map((batch) => ({ batch, rows: 1 })),
    )
  })

  test('leaves no bodies of inserts behind', async () => {
    const dataDir = await temporaryDir()
    const engine = await start(dataDir)
    await engine.stop()
    await writeFile(join(dataDir, 'spool', 'left-over'), 'rows')
    const again = await start(dataDir)
    const client = clientOf(again)
    await client.command({ query: TABLE })
    await client.insert({ table: 't', values: [{ batch: 1, n: 1 }], format: 'JSONEachRow' })
    await expect.poll(() => readdir(join(dataDir, 'spool')), PATIENT).toEqual([])
  })
})

describe('stopping', () => {
  test('lets a running query finish, and ends the process', async () => {
    const events: EmbeddedEvent[] = []
    const engine = await start(await temporaryDir(), events)
    const pid = engine.pid() ?? 0
    const client = clientOf(engine)
    await client.ping({ select: true })
    const slow = read(client, 'SELECT sleep(2) AS slept')
    await expect.poll(() => running(engine), PATIENT).toBe(1)
    await engine.stop()
    expect(await slow).toEqual([{ slept: 0 }])
    expect(engine.pid()).toBeUndefined()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(events.map(({ type }) => type)).toEqual(['ready'])
  })

  test('does not wait for a query that runs on and on', async () => {
    const engine = await start(await temporaryDir())
    const endless = read(clientOf(engine), 'SELECT count() FROM numbers(1e13)').catch((error) => error)
    await expect.poll(() => running(engine), PATIENT).toBe(1)
    await engine.stop()
    expect(engine.pid()).toBeUndefined()
    expect(await endless).toBeInstanceOf(Error)
  })

  test('keeps what was stored for the next start, on the port it asks for', async () => {
    const dataDir = await temporaryDir()
    const first = await start(dataDir)
    const client = clientOf(first)
    await client.command({ query: TABLE })
    await client.insert({ table: 't', values: [{ batch: 7, n: 8 }], format: 'JSONEachRow' })
    await first.stop()
    const port = Number(new URL(first.url).port)
    const second = await start(dataDir, [], port)
    expect(second.url).toBe(first.url)
    expect(await read(clientOf(second), 'SELECT * FROM t')).toEqual([{ batch: 7, n: 8 }])
  })

  test('twice is no error', async () => {
    const engine = await start(await temporaryDir())
    await Promise.all([engine.stop(), engine.stop()])
    await engine.stop()
  })
})

describe('an engine that cannot start says why', () => {
  test('the port is taken', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => new Promise((resolve) => squatter.close(resolve)))
    const { port } = squatter.address() as AddressInfo
    const started = startEmbedded({ dataDir: await temporaryDir(), port })
    await expect(started).rejects.toThrow(
      `port ${port} of 127.0.0.1 is taken: set ports.clickhouse (or PLUMBLINE_PORTS_CLICKHOUSE) to a free port`,
    )
  })

  test('another process has the data directory open', async () => {
    const dataDir = await temporaryDir()
    const owner = await start(dataDir)
    const started = startEmbedded({ dataDir, port: 0 })
    await expect(started).rejects.toThrow(`the data directory ${dataDir} is in use by process ${owner.pid()}`)
    expect(await read(clientOf(owner), 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })

  test('the data directory is a file', async () => {
    const file = join(await temporaryDir(), 'file')
    await writeFile(file, '')
    await expect(startEmbedded({ dataDir: file, port: 0 })).rejects.toThrow(file)
  })
})

test('an engine without its parent ends by itself', async () => {
  const dataDir = await temporaryDir()
  const script = `
    import { startEmbedded } from ${JSON.stringify(new URL('../../storage/embedded/embedded.ts', import.meta.url).href)}
    const engine = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, port: 0 })
    console.log(engine.pid())
  `
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))))
  expect(process.kill(pid, 0)).toBe(true)
  parent.kill('SIGKILL')
  const alive = () => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  await expect.poll(alive, PATIENT).toBe(false)
})
