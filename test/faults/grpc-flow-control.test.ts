import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hexOf, T0_NS, traceBody } from '../collector/builders.ts'
import { eventually } from '../collector/under-test.ts'
import { type CollectorChild, collectorChild } from './collector-child.ts'
import { callByHand, ended, framed, openSession, openStream } from './grpc-by-hand.ts'
import { startNormalSender } from './normal-sender.ts'

vi.setConfig({ testTimeout: 60_000 })

const MIB = 2 ** 20
const MAX_BODY = 4 * MIB
const MAX_IN_FLIGHT = 64 * MIB
const SERVED_MEANWHILE = 20
const RESOURCE_EXHAUSTED = 8
/** What a collector keeps once it has worked at all is no leak; what it was sent above is many times this. */
const MAY_STAY_BYTES = 24 * MIB
/** Where nothing listens: ClickHouse is away. */
const NOWHERE = { url: 'http://127.0.0.1:9', database: 'plumbline' }
/** HTTP/2 frame types and flags. Source: RFC 9113, 6. */
const FRAME = { headers: 1, settings: 4, ping: 6, continuation: 9 } as const
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

let collector: CollectorChild
let held: number
let sent = 0
beforeAll(async () => {
  collector = await collectorChild(NOWHERE, { maxBody: MAX_BODY, maxInFlight: MAX_IN_FLIGHT, segmentAge: '1h' })
  await besideNormalSenders(async () => {})
  held = await collector.heldBytes()
})
afterAll(() => collector?.[Symbol.asyncDispose]())

const freshBody = () => traceBody([{ spanId: hexOf(++sent, 8), startNs: T0_NS + BigInt(sent) }])

interface Opened {
  sockets: Socket[]
  sessions: ClientHttp2Session[]
}

/** Runs `disturb` beside a sender by gRPC and one by HTTP, until both were served often enough, and cleans up. */
async function besideNormalSenders(disturb: (opened: Opened) => Promise<void>): Promise<void> {
  const opened: Opened = { sockets: [], sessions: [] }
  const session = await openSession(collector.grpc)
  const byGrpc = startNormalSender(collector.url, async (body) => {
    const { http, status, headers } = await callByHand(session, framed(body))
    return { isTaken: status === 0, said: `${http} ${status} ${headers['grpc-message']}` }
  })
  const byHttp = startNormalSender(collector.url)
  try {
    await disturb(opened)
    for (const sender of [byGrpc, byHttp]) {
      const before = sender.served()
      await eventually(
        async () => sender.served() + sender.failures.length,
        (answers) => answers >= before + SERVED_MEANWHILE,
      )
    }
  } finally {
    await Promise.all([byGrpc.stop(), byHttp.stop()])
    for (const socket of opened.sockets) socket.destroy()
    for (const each of [session, ...opened.sessions]) each.destroy()
  }
  expect([...byGrpc.failures, ...byHttp.failures]).toEqual([])
  expect(collector.isAlive()).toBe(true)
}

async function openSocket(): Promise<Socket> {
  const { hostname, port } = new URL(collector.grpc)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.resume()
  await once(socket, 'connect')
  return socket
}

const many = <T>(count: number, open: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, open))

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Writes as long as the other side takes it. */
async function pour(socket: Socket, piece: Buffer, times: number): Promise<void> {
  for (let n = 0; n < times && socket.writable; n++) {
    if (socket.write(piece)) continue
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve)
      socket.once('close', () => resolve())
    })
  }
}

const closed = (sockets: Socket[]) =>
  eventually(
    async () => sockets.filter(({ destroyed }) => !destroyed).length,
    (open) => open === 0,
  )

describe('normal senders are served throughout', () => {
  test('500 connections that say nothing, and 200 that only greet', () =>
    besideNormalSenders(async ({ sockets, sessions }) => {
      sockets.push(...(await many(500, openSocket)))
      sessions.push(...(await many(200, () => openSession(collector.grpc))))
    }))

  test('half a preface', () =>
    besideNormalSenders(async ({ sockets }) => {
      sockets.push(...(await many(100, openSocket)))
      for (const socket of sockets) socket.write(PREFACE.subarray(0, 10))
    }))

  test('messages that arrive byte by byte, which are taken in the end', () =>
    besideNormalSenders(async ({ sessions }) => {
      const session = await openSession(collector.grpc)
      sessions.push(session)
      const calls = Array.from({ length: 50 }, () => {
        const stream = openStream(session)
        return { stream, answer: ended(stream), bytes: framed(freshBody()) }
      })
      const longest = Math.max(...calls.map(({ bytes }) => bytes.length))
      for (let at = 0; at < longest; at++) {
        for (const { stream, bytes } of calls) if (at < bytes.length) stream.write(bytes.subarray(at, at + 1))
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      for (const { stream } of calls) stream.end()
      const answers = await Promise.all(calls.map(({ answer }) => answer))
      expect(answers.map(({ status }) => status)).toEqual(calls.map(() => 0))
    }))

  test('messages announced as large as allowed, of which nothing comes, many times more than memory would hold', () =>
    besideNormalSenders(async ({ sessions }) => {
      const session = await openSession(collector.grpc)
      sessions.push(session)
      for (let n = 0; n < (4 * MAX_IN_FLIGHT) / MAX_BODY; n++) {
        openStream(session).write(framed(Buffer.alloc(0), 0, MAX_BODY))
      }
    }))

  test('gzip bombs of 256 MiB are RESOURCE_EXHAUSTED, without a time to try again', () =>
    besideNormalSenders(async ({ sessions }) => {
      const session = await openSession(collector.grpc)
      sessions.push(session)
      const bomb = framed(gzipSync(Buffer.alloc(256 * MIB)), 1)
      const answers = await many(6, () => callByHand(session, bomb, { 'grpc-encoding': 'gzip' }))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => RESOURCE_EXHAUSTED))
      expect(answers.some(({ headers }) => 'grpc-status-details-bin' in headers)).toBe(false)
    }))

  test('2,000 calls at once on one connection, which are all answered', () =>
    besideNormalSenders(async ({ sessions }) => {
      const session = await openSession(collector.grpc)
      sessions.push(session)
      const answers = await many(2_000, () => callByHand(session, framed(freshBody())))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([0]))
    }))

  test('calls reset as soon as they are opened, 20,000 of them', () =>
    besideNormalSenders(async ({ sessions }) => {
      for (let round = 0; round < 20; round++) {
        const session = await openSession(collector.grpc)
        sessions.push(session)
        for (let n = 0; n < 1_000 && !session.destroyed; n++) openStream(session).close(8)
        await new Promise((resolve) => setImmediate(resolve))
      }
    }))

  test('heads of a mebibyte', () =>
    besideNormalSenders(async ({ sessions }) => {
      const big = { 'x-big': 'x'.repeat(60_000) }
      for (let n = 0; n < 20; n++) {
        const session = await openSession(collector.grpc)
        sessions.push(session)
        const more = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`x-${i}`, big['x-big']]))
        openStream(session, more).end()
      }
    }))

  test('heads that go on and on end their connection', () =>
    besideNormalSenders(async ({ sockets }) => {
      sockets.push(...(await many(8, openSocket)))
      // A literal header field without indexing, new name: RFC 7541, 6.2.2.
      const field = Buffer.concat([Buffer.from([0x00, 0x01, 0x78, 0x7f, 0xe1, 0x7d]), Buffer.alloc(16_224, 'y')])
      for (const socket of sockets) {
        socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0, Buffer.alloc(0))]))
        socket.write(frame(FRAME.headers, 0, 1, Buffer.from([0x83])))
      }
      await Promise.all(sockets.map((socket) => pour(socket, frame(FRAME.continuation, 0, 1, field), 2_000)))
      await closed(sockets)
    }))

  test.each([
    ['pings', frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ['settings', frame(FRAME.settings, 0, 0, Buffer.from([0, 4, 0, 1, 0, 0]))],
    ['empty heads without end', frame(FRAME.continuation, 0, 1, Buffer.alloc(0))],
  ])('floods of %s', (_, piece) =>
    besideNormalSenders(async ({ sockets }) => {
      sockets.push(...(await many(4, openSocket)))
      for (const socket of sockets) {
        socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0, Buffer.alloc(0))]))
        if (piece[3] === FRAME.continuation) socket.write(frame(FRAME.headers, 0, 1, Buffer.from([0x83])))
      }
      const pieces = Buffer.concat(Array.from({ length: 100 }, () => piece))
      await Promise.all(sockets.map((socket) => pour(socket, pieces, 200)))
    }),
  )

  test('connections that break off in the middle of everything', () =>
    besideNormalSenders(async ({ sessions }) => {
      for (let n = 0; n < 50; n++) {
        const session = await openSession(collector.grpc)
        sessions.push(session)
        openStream(session).write(framed(freshBody()).subarray(0, n))
        await new Promise((resolve) => setTimeout(resolve, 1))
        session.destroy()
      }
    }))
})

test('memory returns when they are gone', async () => {
  await eventually(
    async () => (await collector.heldBytes()) - held,
    (kept) => kept < MAY_STAY_BYTES,
  )
})
