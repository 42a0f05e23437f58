import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { INGEST_TABLES } from '../../storage/ingest.ts'
import type { Db } from '../../storage/query.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import {
  type Attributes,
  asBody,
  hexOf,
  metricsJson,
  pairsJson,
  type SpanSpec,
  spanJson,
  T0_NS,
  traceBody,
  traceJson,
} from './builders.ts'
import { collectorUnderTest, eventually, JSON_TYPE, rowsOf } from './under-test.ts'

/** What no rule hides: if it is not found, nothing was looked at. */
const PUBLIC = 'in-plain-sight'
const CONFIGURED = 'app.customer'
const PATTERN = 'cust-[0-9a-f]{24}'

const fresh = () => `Zq${randomBytes(12).toString('hex')}Qz`

/** Places within a text where a secret may stand. */
const TEXTS: Record<string, (secret: string) => string> = {
  query: (secret) => `GET https://h.example/p?key=${secret} failed`,
  'user info': (secret) => `postgres://shop:${secret}@db.example/shop`,
  fragment: (secret) => `https://h.example/p#access_token=${secret}`,
  'path with query': (secret) => `GET /p?key=${secret}`,
  bearer: (secret) => `sent Bearer ${secret}`,
  basic: (secret) => `Basic ${secret}`,
  setting: (secret) => `password=${secret} rejected`,
  'JSON field': (secret) => `{"user":{"api_key":"${secret}"}}`,
  'header line': (secret) => `Cookie: a=1; sid=${secret}`,
  'private key': (secret) => `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`,
  'key format': (secret) => `ghp_${secret}${'0'.repeat(20)}`,
  element: (secret) => `<soap:Body><Password>${secret}</Password></soap:Body>`,
  encoded: (secret) => `next=%2Fp%3Fa%3D1%26token%3D${secret}`,
  'list of settings': (secret) => `[{"name":"API_KEY","value":"${secret}"}]`,
  'address without scheme': (secret) => `dial shop:${secret}@db.example:5432`,
  'configured pattern': (secret) => `order of cust-${secret.slice(2, -2)}`,
}

/** Attributes whose name decides. */
const NAMED: Attributes = {
  'url.full': '?',
  'http.url': '?',
  'http.target': '/p?',
  'url.query': '',
  'db.connection_string': 'Server=h;Password=',
  'db.query.text': "SELECT * FROM t WHERE a = '",
  'db.statement': "INSERT INTO t VALUES ('",
  'db.query.parameter.0': '',
  'db.password': '',
  clientSecret: '',
  'session.id': '',
  'http.request.header.authorization': '',
  'http.request.header.x_api_key': '',
  'http.response.header.set-cookie': '',
  [CONFIGURED]: '',
}

/** Every canary planted, and where. */
class Canaries {
  readonly planted = new Map<string, string>()

  /** A text with a secret in it, for each kind of place. */
  texts(where: string): string[] {
    return Object.entries(TEXTS).map(([place, text]) => text(this.#plant(`${where}, ${place}`)))
  }

  attributes(where: string): Attributes {
    const named = Object.entries(NAMED).map(([name, before]) => [name, `${before}${this.#plant(`${where}, ${name}`)}`])
    const listed = [['http.request.header.proxy-authorization', [this.#plant(`${where}, in a list`)]]]
    const free = this.texts(where).map((text, index) => [`note.${index}`, text])
    const object = [['app.request', { headers: { authorization: this.#plant(`${where}, in an object`) } }]]
    return { ...Object.fromEntries([...named, ...listed, ...free, ...object]), public: PUBLIC }
  }

  /** Where those that a stored text holds were planted. */
  foundIn(stored: string): string[] {
    const found = [...this.planted].filter(
      ([secret]) => stored.includes(secret) || stored.includes(secret.slice(2, -2)),
    )
    return found.map(([, where]) => where)
  }

  #plant(where: string): string {
    const secret = fresh()
    this.planted.set(secret, where)
    return secret
  }
}

function spansWith(canaries: Canaries): SpanSpec[] {
  const names = canaries.texts('span name')
  const messages = canaries.texts('status message')
  const states = canaries.texts('trace state')
  const eventNames = canaries.texts('event name')
  const peers = canaries.texts('peer name')
  const types = canaries.texts('error type')
  return names.map((name, index) => ({
    traceId: hexOf(index + 1, 16),
    spanId: hexOf(index + 1, 8),
    name,
    kind: (index % 5) + 1,
    traceState: states[index]!,
    status: { code: index % 3, message: messages[index]! },
    attributes: { ...canaries.attributes('span'), 'peer.service': peers[index]!, 'error.type': types[index]! },
    events: [
      { name: eventNames[index]!, attributes: canaries.attributes('event') },
      {
        name: 'exception',
        attributes: {
          'exception.type': 'TypeError',
          'exception.message': canaries.texts('exception message')[index]!,
          'exception.stacktrace': canaries.texts('stack trace')[index]!,
        },
      },
    ],
    links: [{ traceId: hexOf(9, 16), spanId: hexOf(9, 8), traceState: '', attributes: canaries.attributes('link') }],
  }))
}

function metricsWith(canaries: Canaries): object[] {
  const time = String(T0_NS)
  const point = (where: string) => ({
    timeUnixNano: time,
    attributes: pairsJson(canaries.attributes(where)),
    exemplars: [
      { timeUnixNano: time, asDouble: 1, filteredAttributes: pairsJson(canaries.attributes(`${where} exemplar`)) },
    ],
  })
  const about = (name: string, index: number) => ({
    name,
    unit: canaries.texts('unit')[index]!,
    description: canaries.texts('description')[index]!,
  })
  const temporal = { aggregationTemporality: 2 }
  return [
    { ...about('g', 0), gauge: { dataPoints: [{ ...point('gauge'), asDouble: 1 }] } },
    { ...about('s', 1), sum: { ...temporal, isMonotonic: true, dataPoints: [{ ...point('sum'), asDouble: 1 }] } },
    { ...about('h', 2), histogram: { ...temporal, dataPoints: [{ ...point('histogram'), count: '1', sum: 1 }] } },
    {
      ...about('e', 3),
      exponentialHistogram: { ...temporal, dataPoints: [{ ...point('exponential'), count: '1', sum: 1, scale: 0 }] },
    },
    { ...about('q', 4), summary: { dataPoints: [{ ...point('summary'), exemplars: undefined, count: '1', sum: 1 }] } },
  ]
}

async function storedText(db: Db, database: string): Promise<string> {
  const tables = await rowsOf<{ name: string }>(db, `SELECT name FROM system.tables WHERE database = '${database}'`)
  const texts = await Promise.all(
    tables.map(async ({ name }) => JSON.stringify(await rowsOf(db, `SELECT * FROM \`${name}\``))),
  )
  return texts.join('\n').replaceAll('\\n', '\n')
}

async function filesIn(folder: string): Promise<string> {
  const paths = await readdir(folder, { recursive: true })
  const contents = paths.map(async (path) =>
    (await stat(join(folder, path))).isFile() ? readFile(join(folder, path), 'latin1') : '',
  )
  return (await Promise.all(contents)).join('\n')
}

const countOf = async (db: Db, table: string) =>
  Number((await rowsOf<{ n: string }>(db, `SELECT count() AS n FROM ${table}`))[0]!.n)

let store: TestDatabase
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

describe('secrets planted wherever telemetry has room for them', () => {
  test.each(['[redacted]', '[hash:'])('reach neither the disk nor a table: %s stands there', async (mark) => {
    const canaries = new Canaries()
    const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-redaction-'))
    await using database = await testDatabase()
    const options = {
      dataDir,
      calls: { promote: ['url.full', 'db.query.text', CONFIGURED, 'note.0', 'public'] },
      redaction: { keys: [CONFIGURED], patterns: [PATTERN], hash: mark === '[hash:' },
    }
    try {
      const spans = spansWith(canaries)
      const resource = { 'service.name': 'shop', ...canaries.attributes('resource') }
      const metrics = metricsJson(metricsWith(canaries), resource)
      {
        await using away = await collectorUnderTest(options)
        const half = spans.length / 2
        const json = asBody(traceJson(spans.slice(half).map(spanJson), resource))
        const protobuf = traceBody(spans.slice(0, half), resource)
        expect(canaries.foundIn(`${json}${protobuf}${asBody(metrics)}`).length).toBeGreaterThan(1000)
        expect((await away.post(protobuf)).status).toBe(200)
        expect((await away.post(json, { type: JSON_TYPE })).status).toBe(200)
        const answer = await away.post(asBody(metrics), { path: '/v1/metrics', type: JSON_TYPE })
        expect(answer.json()).toEqual({})
        const onDisk = await filesIn(dataDir)
        expect(onDisk).toContain(PUBLIC)
        expect(onDisk).toContain(mark)
        expect(canaries.foundIn(onDisk)).toEqual([])
      }
      await using _back = await collectorUnderTest({ ...options, db: database.db })
      await eventually(
        () => countOf(database.db, 'otel_traces'),
        (count) => count === spans.length,
      )
      for (const table of INGEST_TABLES)
        await eventually(
          () => countOf(database.db, table),
          (count) => count > 0,
        )
      const inTables = await storedText(database.db, database.database)
      expect(inTables).toContain(PUBLIC)
      expect(inTables).toContain(mark)
      expect(canaries.foundIn(inTables)).toEqual([])
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})

describe('hashes', () => {
  test('are the same after a restart and others elsewhere; the key is its owner’s alone', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-redaction-'))
    const secret = fresh()
    const hashOf = async (spanId: string, folder?: string) => {
      await using collector = await collectorUnderTest({
        db: store.db,
        redaction: { hash: true },
        ...(folder && { dataDir: folder }),
      })
      await collector.post(traceBody([{ spanId, attributes: { 'app.token': secret } }]))
      const query = `SELECT SpanAttributes['app.token'] AS token FROM otel_traces WHERE SpanId = '${spanId}'`
      const [row] = await eventually(
        () => rowsOf<{ token: string }>(store.db, query),
        (rows) => rows.length === 1,
      )
      return row!.token
    }
    try {
      const first = await hashOf('aa00000000000001', dataDir)
      expect(first).toMatch(/^\[hash:[0-9a-f]{16}\]$/)
      expect(await hashOf('aa00000000000002', dataDir)).toBe(first)
      expect(await hashOf('aa00000000000003')).not.toBe(first)
      expect((await stat(join(dataDir, 'redaction-key'))).mode & 0o777).toBe(0o600)
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})

describe('what is judged', () => {
  test('is what was sent: a message that is hidden still tells the outcome', async () => {
    await using collector = await collectorUnderTest({ db: store.db, redaction: { patterns: ['connection refused'] } })
    const spanId = 'bb00000000000001'
    const status = { code: 2, message: 'connect to https://u:p@h.example/?q=1: connection refused' }
    await collector.post(traceBody([{ spanId, status, attributes: { 'server.address': 'h.example' } }]))
    const query = `SELECT outcome, StatusMessage AS message FROM calls JOIN otel_traces ON span_id = SpanId WHERE span_id = '${spanId}'`
    const rows = await eventually(
      () => rowsOf(store.db, query),
      ({ length }) => length === 1,
    )
    expect(rows).toEqual([
      { outcome: 'connection', message: 'connect to https://[redacted]@h.example/?[redacted] [redacted]' },
    ])
  })

  test('messages of failures end at 1 KiB of whole characters', async () => {
    await using collector = await collectorUnderTest({ db: store.db })
    const spanId = 'bb00000000000002'
    const long = 'ä'.repeat(5000)
    const events = [{ name: 'exception', attributes: { 'exception.type': 'E', 'exception.message': `a${long}` } }]
    await collector.post(traceBody([{ spanId, status: { code: 2, message: long }, events }]))
    const query = `SELECT StatusMessage AS status, Events.Attributes[1]['exception.message'] AS message FROM otel_traces WHERE SpanId = '${spanId}'`
    const rows = await eventually(
      () => rowsOf(store.db, query),
      ({ length }) => length === 1,
    )
    expect(rows).toEqual([{ status: 'ä'.repeat(512), message: `a${'ä'.repeat(511)}` }])
  })
})

describe('spans of traces outside collector.keepAttributes', () => {
  const rich = {
    attributes: { a: 'b' },
    events: [{ name: 'e' }],
    links: [{ traceId: hexOf(9, 16), spanId: hexOf(9, 8) }],
  }
  const isBare = `empty(SpanAttributes) AND empty(Events.Name) AND empty(Links.SpanId)`
  const outcomes = async (spans: SpanSpec[], keepAttributes: number) => {
    await using database = await testDatabase()
    await using collector = await collectorUnderTest({ db: database.db, settings: { keepAttributes } })
    await collector.post(traceBody(spans))
    for (const table of ['calls', 'otel_traces']) {
      await eventually(
        () => countOf(database.db, table),
        (count) => count === spans.length,
      )
    }
    const query = `SELECT TraceId AS trace, SpanId AS span, ${isBare} AS bare FROM otel_traces ORDER BY trace, span`
    return await rowsOf<{ trace: string; span: string; bare: number }>(database.db, query)
  }

  test('keep their row, and lose attributes, events and links unless they failed or took a second', async () => {
    const rows = await outcomes(
      [
        { ...rich, spanId: hexOf(1, 8) },
        { ...rich, spanId: hexOf(2, 8), endNs: T0_NS + 999_999_999n },
        { ...rich, spanId: hexOf(3, 8), endNs: T0_NS + 1_000_000_000n },
        { ...rich, spanId: hexOf(4, 8), status: { code: 2 } },
        { ...rich, spanId: hexOf(5, 8), attributes: { 'error.type': 'timeout' } },
      ],
      0,
    )
    expect(rows.map(({ bare }) => bare)).toEqual([1, 1, 0, 0, 0])
  })

  test('are whole traces, about the share asked for, the same each time', async () => {
    const spans = Array.from({ length: 400 }, (_, i) => ({
      ...rich,
      traceId: hexOf(Math.floor(i / 2) + 1, 16),
      spanId: hexOf(i + 1, 8),
    }))
    const rows = await outcomes(spans, 0.25)
    const keptOf = new Map<string, Set<number>>()
    for (const { trace, bare } of rows) keptOf.set(trace, (keptOf.get(trace) ?? new Set()).add(bare))
    expect([...keptOf.values()].every(({ size }) => size === 1)).toBe(true)
    const kept = rows.filter(({ bare }) => bare === 0).length
    expect(kept).toBeGreaterThan(70)
    expect(kept).toBeLessThan(130)
    expect(await outcomes([...spans].reverse(), 0.25)).toEqual(rows)
  })
})
