import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import { AdmittedNames, type CallNames, DEFAULT_NAME_LIMITS } from '../integration/cardinality.ts'
import { compileRedaction } from '../integration/redaction.ts'
import { SourceNames } from '../integration/source-names.ts'
import type { Config } from '../runtime/config-schema.ts'
import { close, listen } from '../runtime/listen.ts'
import type { Log } from '../runtime/log.ts'
import { createRefusedAccess } from '../runtime/refused-access.ts'
import { findInbox } from '../storage/embedded/inbox.ts'
import { readCallNames } from '../storage/ingest.ts'
import { readNamesInUse } from '../storage/names-in-use.ts'
import type { Db } from '../storage/query.ts'
import { auditRefusal } from '../storage/refused-tokens.ts'
import { ByteBudget } from './byte-budget.ts'
import { collectorMetrics } from './collector-metrics.ts'
import { createExportCall } from './grpc/export-call.ts'
import { createGrpcServer } from './grpc/server.ts'
import { createAccess } from './http/access.ts'
import { createCors } from './http/cors.ts'
import { createExportEndpoint } from './http/export-endpoint.ts'
import { createForeignRefusal } from './http/foreign-requests.ts'
import { createOtlpServer } from './http/server.ts'
import { collectorIdentity } from './identity.ts'
import { createIngest } from './ingest.ts'
import { lifetimesOf } from './kept-times.ts'
import { SpanMemory } from './memory/span-memory.ts'
import { hashMark, redactionKey } from './redaction-key.ts'
import { createRejectionLog } from './rejection-log.ts'
import { REPEAT_WINDOW_MS, SeenRequests } from './seen-requests.ts'
import { Backlog, type SealedSegment } from './segment/backlog.ts'
import { DigestLog } from './segment/digest-log.ts'
import { lockFolder } from './segment/folder-lock.ts'
import { Journal } from './segment/journal.ts'
import { findLeftovers, readDigests } from './segment/recover.ts'
import type { OpenFile } from './segment/segment-file.ts'
import type { Way } from './segment/send-rows.ts'
import { Shipper } from './segment/shipper.ts'

export interface CollectorParts {
  config: Config
  db: Db
  log: Log
  metrics: Registry
  /** How segment files are opened; for tests of failing disks. */
  openFile?: OpenFile
}

export interface Collector {
  /** Base URL of OTLP/HTTP. */
  otlpHttp: string
  /** The same of OTLP/gRPC. */
  otlpGrpc: string
  stop(): Promise<void>
}

const FINISH_REQUESTS_MS = 3_000
const SHIP_REST_MS = 4_000
const NAMES_WITHIN_MS = 5_000

/** Starts the collector role: OTLP in → segments on disk → ClickHouse. `stop` ends within about seven seconds and loses nothing. */
export async function startCollector(parts: CollectorParts): Promise<Collector> {
  const stops: Stop[] = []
  const stop = async () => {
    for (const stopOne of stops.splice(0).reverse()) await stopOne()
  }
  try {
    return { ...(await build(parts, stops)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Stop = () => Promise<void>

/** Builds everything in dependency order, each part's stop registered beside it; resolves to the addresses. */
async function build(
  { config, db, log, metrics: registry, openFile }: CollectorParts,
  stops: Stop[],
): Promise<Omit<Collector, 'stop'>> {
  const { collector: limits, dataDir } = config
  const folder = join(dataDir, 'segments')
  await mkdir(folder, { recursive: true })
  stops.push(await lockFolder(folder))
  const collector = await collectorIdentity(dataDir)
  const metrics = collectorMetrics(registry)
  const sync = limits.durability === 'fsync'

  const backlog = new Backlog()
  const leftovers = await findLeftovers(folder)
  if (leftovers.length > 0) log.info({ segments: leftovers.length }, 'segments of an earlier run are stored now')
  backlog.sealed.push(...leftovers)
  const digestLog = new DigestLog({ folder, windowMs: REPEAT_WINDOW_MS, sync })
  const seen = await rememberedRequests(digestLog, leftovers)

  const way = await wayTo(config)
  const shipper = new Shipper({ db, way, collector, folder, backlog, digestLog, sync, metrics, log })
  shipper.start()
  stops.push(() => shipper.stop(SHIP_REST_MS))

  const journal = new Journal({
    folder,
    backlog,
    sync,
    segmentBytes: limits.segmentBytes,
    segmentAgeMs: limits.segmentAge,
    maxDisk: limits.maxDisk,
    metrics,
    log,
    ...(openFile && { openFile }),
  })
  stops.push(() => journal.close())

  const budget = new ByteBudget(limits.maxInFlight)
  const memory = new SpanMemory({ spans: limits.remember.spans, callBytes: limits.remember.calls })
  metrics.observe(() => ({
    inFlight: budget.used,
    pending: backlog.sealed.length,
    bytes: backlog.bytes(),
    ...memory.levels(),
  }))
  const stored = await knownNames(db, log)
  const names = new AdmittedNames(stored, {}, Date.now())
  const sources = new SourceNames(new Set(stored.map(({ service }) => service)), Date.now())
  metrics.observeNames(() => ({ ...names.refusedCalls, ...sources.refusedCalls }))
  stops.push(await keepNamesInUse(db, { names, sources }, log))
  const calls = { rules: config.calls, names, sources }
  const { hash, ...redactionRules } = config.redaction
  const mark = hash ? hashMark(await redactionKey(dataDir)) : undefined
  const keeping = {
    redaction: compileRedaction(redactionRules, mark),
    keepAttributes: limits.keepAttributes,
    lifetimes: lifetimesOf(config.retention),
  }
  const ingest = createIngest({
    ...{ journal, seen, memory, calls, keeping, metrics },
    rejectionLog: createRejectionLog(log),
  })

  const audit = auditRefusal(db, () => new Date())
  const access = createAccess(config.tokens, createRefusedAccess({ registry, log, audit }))
  const checkCapacity = (bytes: number) => journal.check(bytes)
  const exports = { ingest, access, budget, maxBody: limits.maxBody, checkCapacity, metrics, log }
  const server = createOtlpServer({
    paths: limits.paths,
    exportEndpoint: createExportEndpoint(exports),
    access,
    refuseForeign: createForeignRefusal(config),
    cors: createCors(limits.cors),
    registry,
    isReady: () => canTake(journal),
  })
  const grpc = createGrpcServer(createExportCall(exports))
  // Both at once, so that they share the time they have.
  stops.push(async () => {
    await Promise.all([close(server, FINISH_REQUESTS_MS), grpc.close(FINISH_REQUESTS_MS)])
  })
  const otlpHttp = await listen(server, config.bind, config.ports.otlpHttp, 'otlpHttp')
  const otlpGrpc = await listen(grpc.server, config.bind, config.ports.otlpGrpc, 'otlpGrpc')
  log.info({ otlpHttp, otlpGrpc, collector }, 'collector is ready')
  return { otlpHttp, otlpGrpc }
}

/** By path to the embedded engine of this data directory; compressed to another machine. */
async function wayTo({ clickhouse, dataDir }: Config): Promise<Way> {
  if (clickhouse === 'embedded') return { inbox: null, compress: false }
  const { hostname } = new URL(clickhouse.url)
  const isHere = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
  return { inbox: await findInbox(dataDir, clickhouse.url), compress: !isHere }
}

/** What was answered before the restart: the details are gone, that it is stored is known. */
async function rememberedRequests(digestLog: DigestLog, leftovers: SealedSegment[]): Promise<SeenRequests> {
  const seen = new SeenRequests()
  const stored = await digestLog.read()
  const waiting = await readDigests(leftovers, Date.now() - REPEAT_WINDOW_MS)
  for (const { digest, at } of [...stored, ...waiting]) {
    seen.add(digest.toString('latin1'), Promise.resolve({ accepted: 0, duplicates: 0, rejected: 0, message: '' }), at)
  }
  return seen
}

function canTake(journal: Journal): boolean {
  try {
    journal.check(0)
    return true
  } catch {
    return false
  }
}

const NAMES_IN_USE_EVERY_MS = 15_000

/** Names that SLOs select are never refused: asks for them now and again. Resolves to what ends this. */
async function keepNamesInUse(
  db: Db,
  { names, sources }: { names: AdmittedNames; sources: SourceNames },
  log: Log,
): Promise<Stop> {
  const read = async () => {
    try {
      const inUse = await Promise.race([readNamesInUse(db), failAfter(NAMES_WITHIN_MS)])
      names.keepInUse(inUse)
      sources.keepInUse(inUse.services)
    } catch (error) {
      log.debug({ err: error }, 'cannot read the names that SLOs select; those read before stay')
    }
  }
  await read()
  const timer = setInterval(read, NAMES_IN_USE_EVERY_MS)
  return async () => clearInterval(timer)
}

/** Telemetry is taken also while ClickHouse is away; the caps then start empty. */
async function knownNames(db: Db, log: Log): Promise<CallNames[]> {
  try {
    return await Promise.race([readCallNames(db, DEFAULT_NAME_LIMITS.names), failAfter(NAMES_WITHIN_MS)])
  } catch (error) {
    log.warn({ err: error }, 'cannot read the names of dependencies in store; caps on names start empty')
    return []
  }
}

const failAfter = (ms: number) =>
  new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms).unref()
  })
