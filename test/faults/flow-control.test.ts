import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { T0_NS, traceBody } from '../collector/builders.ts'
import { eventually, rowsOf } from '../collector/under-test.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type CollectorChild, collectorChild } from './collector-child.ts'
import { startNormalSender } from './normal-sender.ts'

vi.setConfig({ testTimeout: 60_000 })

const MIB = 2 ** 20
const MAX_BODY = 4 * MIB
const MAX_IN_FLIGHT = 128 * MIB
/** A normal sender is seen to be served so many times while the others do their worst. */
const SERVED_MEANWHILE = 20
const IDLE_CONNECTIONS = 1_000
const ROW_PADDING = 'x'.repeat(100)

let store: TestDatabase
let collector: CollectorChild
let servedInAll = 0
beforeAll(async () => {
  store = await testDatabase()
  collector = await collectorChild(store, { maxBody: MAX_BODY, maxInFlight: MAX_IN_FLIGHT, segmentAge: '100ms' })
})
afterAll(async () => {
  await collector?.[Symbol.asyncDispose]()
  await store?.[Symbol.asyncDispose]()
})

interface Connection {
  socket: Socket
  /** Everything received so far. */
  received(): string
}

async function open(): Promise<Connection> {
  const { hostname, port } = new URL(collector.url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.on('data', (chunk) => (received += chunk))
  // The collector may hang up on it; the tests that care look at what was received.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return { socket, received: () => received }
}

const openMany = (count: number): Promise<Connection[]> => Promise.all(Array.from({ length: count }, open))

const head = (...lines: string[]): string =>
  ['POST /v1/traces HTTP/1.1', 'host: localhost', 'content-type: application/x-protobuf', ...lines, '', ''].join('\r\n')

const answered = (connections: Connection[], status: number) =>
  eventually(
    async () => connections.filter(({ received }) => received().startsWith(`HTTP/1.1 ${status}`)).length,
    (count) => count === connections.length,
  )

/** Runs `disturb` beside a normal sender, waits until that one was served often enough, and cleans up. */
async function besideNormalSender(disturb: (opened: Connection[]) => Promise<void>): Promise<void> {
  const opened: Connection[] = []
  const normal = startNormalSender(collector.url)
  try {
    await disturb(opened)
    const before = normal.served()
    await eventually(
      async () => normal.served() + normal.failures.length,
      (answers) => answers >= before + SERVED_MEANWHILE,
    )
  } finally {
    await normal.stop()
    for (const { socket } of opened) socket.destroy()
  }
  expect(normal.failures).toEqual([])
  expect(collector.isAlive()).toBe(true)
  servedInAll += normal.served()
}

describe('a normal sender is answered 200 throughout', () => {
  test('1,000 connections that say nothing', () =>
    besideNormalSender(async (opened) => {
      opened.push(...(await openMany(IDLE_CONNECTIONS)))
    }))

  test('heads that never end their first line', () =>
    besideNormalSender(async (opened) => {
      opened.push(...(await openMany(200)))
      for (const { socket } of opened) socket.write('POST /v1/tra')
    }))

  test('bodies that arrive byte by byte, which are taken in the end', () =>
    besideNormalSender(async (opened) => {
      const bodies = Array.from({ length: 50 }, (_, n) =>
        traceBody([{ traceId: 'ab'.repeat(16), startNs: T0_NS + BigInt(n) }], { 'service.name': 'slow' }),
      )
      opened.push(...(await openMany(bodies.length)))
      opened.forEach(({ socket }, n) => void socket.write(head(`content-length: ${bodies[n]!.length}`)))
      const longest = Math.max(...bodies.map(({ length }) => length))
      for (let at = 0; at < longest; at++) {
        opened.forEach(({ socket }, n) => void socket.write(bodies[n]!.subarray(at, at + 1)))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      await answered(opened, 200)
    }))

  test('bodies announced as large as allowed, of which nothing comes, many times more than memory would hold', () =>
    besideNormalSender(async (opened) => {
      opened.push(...(await openMany(4 * Math.ceil(MAX_IN_FLIGHT / MAX_BODY))))
      for (const { socket } of opened) socket.write(head(`content-length: ${MAX_BODY}`))
    }))

  test('heads that do not end', () =>
    besideNormalSender(async (opened) => {
      opened.push(...(await openMany(50)))
      for (const { socket } of opened) {
        socket.write('POST /v1/traces HTTP/1.1\r\n')
        for (let n = 0; n < 2_000 && socket.writable; n++) socket.write(`x-${n}: ${ROW_PADDING}\r\n`)
      }
      await eventually(
        async () => opened.filter(({ socket }) => !socket.destroyed).length,
        (open) => open === 0,
      )
    }))

  test('bodies too large by their Content-Length are 413 before they come', () =>
    besideNormalSender(async (opened) => {
      opened.push(...(await openMany(50)))
      for (const { socket } of opened) socket.write(head(`content-length: ${2 ** 40}`))
      await answered(opened, 413)
    }))

  test('chunked bodies without end are 413', () =>
    besideNormalSender(async (opened) => {
      opened.push(...(await openMany(8)))
      const chunk = `${(64 * 1024).toString(16)}\r\n${'\0'.repeat(64 * 1024)}\r\n`
      for (const { socket, received } of opened) {
        socket.write(head('transfer-encoding: chunked'))
        for (let sent = 0; sent < 2 * MAX_BODY && received() === '' && socket.writable; sent += 64 * 1024) {
          if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
        }
      }
      await answered(opened, 413)
    }))

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('%s bombs of 256 MiB are 413', (coding, pack) =>
    besideNormalSender(async () => {
      const body = new Uint8Array(pack(Buffer.alloc(256 * MIB)))
      expect(body.length).toBeLessThan(MAX_BODY)
      const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': coding }
      const bombs = Array.from({ length: 6 }, () =>
        fetch(`${collector.url}/v1/traces`, { method: 'POST', headers, body }).then(({ status }) => status),
      )
      expect(await Promise.all(bombs)).toEqual(bombs.map(() => 413))
    }),
  )

  test('connections that break off, or are closed on one side, in the middle of everything', () =>
    besideNormalSender(async (opened) => {
      for (const sent of ['', 'POST /v1', head('content-length: 100'), `${head('content-length: 100')}half a body`]) {
        const connections = await openMany(50)
        opened.push(...connections)
        connections.forEach(({ socket }, n) => {
          socket.write(sent)
          if (n % 2 === 0) socket.resetAndDestroy()
          else socket.end()
        })
      }
    }))

  test('and all it sent is stored, once', async () => {
    expect(servedInAll).toBeGreaterThan(0)
    const [stored] = await eventually(
      () =>
        rowsOf<{ rows: string; ids: string }>(
          store.db,
          `SELECT count() AS rows, uniqExact(SpanId) AS ids FROM otel_traces WHERE ServiceName = 'normal'`,
        ),
      (rows) => Number(rows[0]!.rows) >= servedInAll,
    )
    expect(stored).toEqual({ rows: String(servedInAll), ids: String(servedInAll) })
  })
})
