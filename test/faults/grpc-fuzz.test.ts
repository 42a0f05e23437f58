import { connect as connectTcp, createServer } from 'node:net'
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { listen } from '../../runtime/listen.ts'
import { VALID_BODIES } from '../collector/bodies.ts'
import { hexOf, T0_NS, traceBody } from '../collector/builders.ts'
import { decodeMetrics, decodeTraces, recordsOf } from '../collector/decoded.ts'
import { METRICS, TRACES } from '../collector/grpc-client.ts'
import { readAnswer } from '../collector/otlp-answer.ts'
import { type Random, randomFrom, SEED } from '../support/random.ts'
import { collectorChild } from './collector-child.ts'
import { callByHand, type Ended, framed, openSession } from './grpc-by-hand.ts'
import { mutant } from './mutate.ts'
import { startNormalSender } from './normal-sender.ts'
import { duplicatesOf, rowsOnDisk, withDuplicates } from './rows-on-disk.ts'

const WARM_UP = 300
const MUTANTS = 2_000
const SENDERS = 8
/** Each with a hundred calls through it. */
const BROKEN_CONNECTIONS = 60
const MAX_BODY = 2 ** 20
const MAY_STAY_BYTES = 16 * 2 ** 20
const NOWHERE = { url: 'http://127.0.0.1:9', database: 'plumbline' }
/** OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNIMPLEMENTED. Source: google.rpc.Code. */
const ALLOWED = [0, 3, 8, 12]

const SIGNALS = {
  traces: { path: TRACES, records: (body: Buffer) => countOf(decodeTraces(body).groups, () => 1) },
  metrics: {
    path: METRICS,
    records: (body: Buffer) => countOf(decodeMetrics(body).groups, recordsOf),
  },
} as const
type Signal = keyof typeof SIGNALS

function countOf<Item>(groups: { scopes: { items: Item[] }[] }[], records: (item: Item) => number): number {
  const items = groups.flatMap(({ scopes }) => scopes.flatMap((scope) => scope.items))
  return items.reduce((sum, item) => sum + records(item), 0)
}

const CODINGS = {
  identity: { pack: (body: Buffer) => body, unpack: (body: Buffer) => body },
  gzip: { pack: gzipSync, unpack: gunzipSync },
  zstd: { pack: zstdCompressSync, unpack: zstdDecompressSync },
} as const

/** What may be wrong with the frame around a message: the bytes to send. */
const FRAMES: Record<string, (message: Buffer, flag: number, random: Random) => Buffer> = {
  'as it should be': (message, flag) => framed(message, flag),
  'a lie about compression': (message, flag) => framed(message, 1 - flag),
  'an unknown flag': (message, _, random) => framed(message, 2 + random.int(254)),
  'a length too long': (message, flag, random) => framed(message, flag, message.length + 1 + random.int(1_000)),
  'a length too short': (message, flag, random) => framed(message, flag, random.int(message.length + 1)),
  'a length beyond all limits': (message, flag, random) => framed(message, flag, MAX_BODY + 1 + random.int(2 ** 31)),
  'cut off': (message, flag, random) => framed(message, flag).subarray(0, random.int(message.length + 5)),
  'two messages': (message, flag) => Buffer.concat([framed(message, flag), framed(message, flag)]),
  'bytes behind it': (message, flag, random) => Buffer.concat([framed(message, flag), random.bytes(1 + random.int(9))]),
  'no message': () => Buffer.alloc(0),
}
const HEADS: Record<string, string>[] = [
  ...[{ 'content-type': 'application/grpc+proto' }, { 'content-type': 'application/json' }, { 'content-type': '' }],
  ...[{ 'grpc-encoding': 'snappy' }, { 'grpc-encoding': 'gzip, gzip' }, { 'grpc-timeout': '1H' }],
  ...[{ ':path': '/nowhere' }, { ':path': `${TRACES}/` }, { ':method': 'PUT' }],
]

interface Case {
  signal: Signal
  how: string
  head: Record<string, string>
  sent: Buffer
}

function caseOf(seed: number): Case {
  const random = randomFrom(seed)
  const signal = random.pick(['traces', 'metrics'] as const)
  const coding = random.pick(['identity', 'identity', 'gzip', 'zstd'] as const)
  const made = mutant(random.int(2 ** 32), 'protobuf', [VALID_BODIES[`/v1/${signal}`].protobuf, traceBody([{}])])
  const packed = CODINGS[coding].pack(made.body)
  const isDamaged = coding !== 'identity' && packed.length > 0 && random.int(4) === 0
  const message = isDamaged ? mutant(random.int(2 ** 32), 'protobuf', [packed]).body : packed
  const frame = random.int(2) === 0 ? 'as it should be' : random.pick(Object.keys(FRAMES))
  const oddHead = random.int(10) === 0 ? random.pick(HEADS) : {}
  const head = { ':path': SIGNALS[signal].path, ...(coding !== 'identity' && { 'grpc-encoding': coding }), ...oddHead }
  return {
    signal,
    how: `${made.how}, ${coding}${isDamaged ? ' damaged' : ''}, ${frame}, ${JSON.stringify(oddHead)}`,
    head,
    sent: FRAMES[frame]!(message, coding === 'identity' ? 0 : 1, random),
  }
}

/** The request in a frame that was taken. */
function requestIn({ sent, head }: Case): Buffer {
  const isWhole = sent[0]! <= 1 && sent.readUInt32BE(1) === sent.length - 5
  if (!isWhole) throw new Error('a frame was taken that is none')
  const coding = head['grpc-encoding'] as keyof typeof CODINGS | undefined
  return sent[0] === 1 ? CODINGS[coding!].unpack(sent.subarray(5)) : sent.subarray(5)
}

/** Throws unless the answer is one that gRPC knows; gives what was rejected, null when nothing was taken. */
function rejectedBy({ http, status, message, headers }: Ended): number | null {
  if (http === 405 || http === 415) return null
  if (http !== 200 || status === null || !ALLOWED.includes(status)) throw new Error(`HTTP ${http}, gRPC ${status}`)
  if (status === 0) return readAnswer('protobuf', 200, 'application/x-protobuf', message).rejected
  if (!headers['grpc-message']) throw new Error(`status ${status} without a message`)
  return null
}

test(`mutated calls each get an answer of gRPC, others are served, memory comes back, what was taken is durable, PROPERTY_SEED=${SEED}`, {
  timeout: 300_000,
}, async () => {
  await using collector = await collectorChild(NOWHERE, { segmentAge: '1h', maxBody: MAX_BODY })
  const statuses = new Map<number | null, number>()
  const problems: string[] = []
  const owed = { traces: 0, metrics: 0 }

  async function run(firstSeed: number, mutants: number): Promise<void> {
    let next = 0
    const normal = startNormalSender(collector.url)
    const senders = Array.from({ length: SENDERS }, async () => {
      const session = await openSession(collector.grpc)
      while (next < mutants) {
        const seed = firstSeed + next++
        const mutated = caseOf(seed)
        try {
          const answer = await callByHand(session, mutated.sent, mutated.head)
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
          const rejected = rejectedBy(answer)
          if (rejected === null) continue
          owed[mutated.signal] += SIGNALS[mutated.signal].records(requestIn(mutated)) - rejected
        } catch (error) {
          const sent = mutated.sent.toString('base64').slice(0, 2_000)
          problems.push(`seed ${seed}: ${mutated.signal}, ${mutated.how}: ${(error as Error).message}; sent ${sent}`)
        }
      }
      session.close()
    })
    await Promise.all(senders)
    await normal.stop()
    problems.push(...normal.failures.map((failure) => `beside mutants a normal request got ${failure}`))
    owed.traces += normal.served()
  }

  await run(SEED, WARM_UP)
  const before = await collector.heldBytes()
  await run(SEED + WARM_UP, MUTANTS)
  expect(problems).toEqual([])
  for (const status of ALLOWED) expect([status, statuses.get(status)]).toEqual([status, expect.any(Number)])
  expect(collector.isAlive()).toBe(true)
  expect((await collector.heldBytes()) - before).toBeLessThan(MAY_STAY_BYTES)
  expect(withDuplicates(await rowsOnDisk(collector), await duplicatesOf(collector))).toEqual(owed)
})

/** A way to the collector on which bytes go wrong; resolves to its address. */
async function brokenWay(to: string, random: Random) {
  const { hostname, port } = new URL(to)
  const proxy = createServer((client) => {
    const server = connectTcp(Number(port), hostname)
    for (const [from, into] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => {})
      from.once('close', () => into.destroy())
    }
    client.on('data', (bytes) => {
      const changed = Buffer.from(bytes)
      for (let n = random.int(4); n > 0; n--) changed[random.int(changed.length)]! ^= 1 << random.int(8)
      server.write(random.int(10) === 0 ? changed.subarray(random.int(changed.length)) : changed)
    })
    server.on('data', (bytes) => void client.write(bytes))
  })
  return { proxy, url: await listen(proxy, '127.0.0.1', 0, 'otlpGrpc') }
}

test(`bytes that go wrong on the way, in whatever frame, harm nobody else, PROPERTY_SEED=${SEED}`, {
  timeout: 300_000,
}, async () => {
  await using collector = await collectorChild(NOWHERE, { segmentAge: '1h', maxBody: MAX_BODY })
  const random = randomFrom(SEED)
  const { proxy, url } = await brokenWay(collector.grpc, random)
  const normal = startNormalSender(collector.url)
  let spans = 0
  const before = await collector.heldBytes()
  for (let n = 0; n < BROKEN_CONNECTIONS; n++) {
    const session = await openSession(url)
    const calls = Array.from({ length: 100 }, () =>
      session.destroyed
        ? null
        : callByHand(session, framed(traceBody([{ spanId: hexOf(++spans, 8), startNs: T0_NS + BigInt(spans) }]))),
    )
    await Promise.race([Promise.allSettled(calls), new Promise((resolve) => setTimeout(resolve, 200))])
    session.destroy()
  }
  await normal.stop()
  proxy.close()
  expect(normal.failures).toEqual([])
  expect(normal.served()).toBeGreaterThan(0)
  expect(collector.isAlive()).toBe(true)
  expect((await collector.heldBytes()) - before).toBeLessThan(MAY_STAY_BYTES)
  const session = await openSession(collector.grpc)
  expect((await callByHand(session, framed(traceBody([{}])))).status).toBe(0)
  session.destroy()
  // Everything taken is whole on disk.
  expect((await rowsOnDisk(collector)).traces).toBeGreaterThan(normal.served())
})
