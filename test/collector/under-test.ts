import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import type { z } from 'zod'
import { type CollectorParts, startCollector } from '../../collector/main.ts'
import { configSchema } from '../../runtime/config-schema.ts'
import { createLog } from '../../runtime/log.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import type { Db } from '../../storage/query.ts'
import { LONG_RETENTION } from '../support/long-retention.ts'

export const PROTOBUF = 'application/x-protobuf'
export const JSON_TYPE = 'application/json'

type Settings = NonNullable<z.input<typeof configSchema>['collector']>

export interface Options {
  /** Without one, ClickHouse is away: nothing listens on the discard port. */
  db?: Db
  dataDir?: string
  settings?: Settings
  tokens?: z.input<typeof configSchema>['tokens']
  ports?: z.input<typeof configSchema>['ports']
  calls?: z.input<typeof configSchema>['calls']
  redaction?: z.input<typeof configSchema>['redaction']
  retention?: z.input<typeof configSchema>['retention']
  /** Other keys of the configuration. */
  top?: Pick<z.input<typeof configSchema>, 'publicUrl' | 'hostNames'>
  /** A budget smaller than a configuration may ask for; bytes. */
  maxInFlight?: number
  openFile?: CollectorParts['openFile']
}

export interface Post {
  path?: string
  type?: string | null
  coding?: string
  headers?: Record<string, string>
}

export interface UnderTest extends AsyncDisposable {
  url: string
  /** `http://host:port` of OTLP/gRPC. */
  grpc: string
  dataDir: string
  registry: Registry
  post(body: Buffer | string, options?: Post): Promise<Reply>
  stop(): Promise<void>
}

export interface Reply {
  status: number
  headers: Headers
  body: Buffer
  json(): unknown
}

/** A collector on a free port and a data directory of its own, which disposing deletes unless it was given. */
export async function collectorUnderTest({
  db,
  dataDir,
  settings,
  tokens,
  ports,
  calls,
  redaction,
  retention,
  top,
  maxInFlight,
  openFile,
}: Options = {}): Promise<UnderTest> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'plumbline-collector-')))
  const away = db ? null : connect(embeddedServer('http://127.0.0.1:9'))
  const registry = new Registry()
  const config = configSchema.parse({
    ...top,
    dataDir: folder,
    ports: { otlpHttp: 0, otlpGrpc: 0, ...ports },
    retention: { ...LONG_RETENTION, ...retention },
    collector: { segmentAge: '50ms', ...settings },
    tokens: tokens ?? [],
    calls,
    redaction,
  })
  if (maxInFlight !== undefined) config.collector.maxInFlight = maxInFlight
  const log = createLog('silent', 'collector')
  const collector = await startCollector({
    config,
    db: db ?? away!,
    log,
    metrics: registry,
    ...(openFile && { openFile }),
  })
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= collector.stop())
  return {
    url: collector.otlpHttp,
    grpc: collector.otlpGrpc,
    dataDir: folder,
    registry,
    stop,
    async post(body, { path = '/v1/traces', type = PROTOBUF, coding, headers = {} } = {}) {
      const response = await fetch(collector.otlpHttp + path, {
        method: 'POST',
        body: typeof body === 'string' ? Buffer.from(body) : new Uint8Array(body),
        headers: {
          ...(type !== null && { 'content-type': type }),
          ...(coding && { 'content-encoding': coding }),
          ...headers,
        },
      })
      const answer = Buffer.from(await response.arrayBuffer())
      const { status } = response
      return { status, headers: response.headers, body: answer, json: () => JSON.parse(answer.toString()) as unknown }
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await away?.close()
      if (dataDir === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until `isDone` holds; fails with the last error or after 20 s. */
export async function eventually<T>(
  read: () => Promise<T>,
  isDone: (value: T) => boolean,
  withinMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const value = await read()
    if (isDone(value)) return value
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(value)} after ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** All rows of a query, as JSON. */
export async function rowsOf<T = Record<string, unknown>>(db: Db, query: string): Promise<T[]> {
  const settings = { output_format_json_quote_64bit_integers: 1, output_format_json_quote_denormals: 1 } as const
  const result = await db.query({ query, format: 'JSONEachRow', clickhouse_settings: settings })
  return result.json<T>()
}
