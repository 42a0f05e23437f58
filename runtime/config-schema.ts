import { z } from 'zod'
import { searchFault } from '../pattern/pattern.ts'
import { duration } from './duration.ts'
import { endpointSchema } from './endpoint-schema.ts'
import { routeSchema } from './route-schema.ts'

const port = z.coerce.number().int().min(0).max(65_535)

/** Bytes, or `64MiB`. */
const bytes = z
  .union([z.number(), z.string().regex(/^\d+(B|KiB|MiB|GiB)?$/, 'expected a size such as 64MiB')])
  .transform((size) => {
    const unit = String(size).replace(/^\d+/, '')
    return Number.parseInt(String(size), 10) * ({ KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }[unit] ?? 1)
  })

const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])

const list = z.union([z.array(z.string()), z.string().transform((text) => text.split(',').filter(Boolean))])

/** The same with a rule for its items. */
const listOf = (item: z.ZodString) => list.pipe(z.array(item))

const origin = z
  .string()
  .regex(/^(\*|https?:\/\/[^/\s]+)$/, 'expected * or an origin such as https://shop.example, without a path')

/** Paths at which the collector answers for itself. */
const OWN_PATHS: readonly string[] = ['/healthz', '/readyz', '/metrics']
const path = z
  .string()
  .regex(/^\/[^\s?#]*$/, 'expected a path such as /v1/traces')
  .refine((given) => !OWN_PATHS.includes(given), { error: 'is a path at which the collector answers for itself' })

const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'expected the name of a header')

const pattern = z.string().superRefine((text, context) => {
  const fault = searchFault(text)
  if (fault !== null) context.addIssue({ code: 'custom', message: `the pattern ${fault}` })
})

const server = z.strictObject({
  url: z.url(),
  username: z.string().default('default'),
  password: z.string().default(''),
  database: z.string().default('plumbline'),
  /** Name of the ClickHouse cluster; absent = one server. */
  cluster: z.string().optional(),
})

const token = z.strictObject({
  name: z.string(),
  token: z.string().min(16, 'a token needs at least 16 characters'),
  scopes: z.array(z.enum(['ingest', 'read', 'write'])).min(1),
})

/** The largest body, as sent and unpacked, each with rows about as long beside it. */
const MEMORY_OF_BODIES = 4

/** Every key of `plumbline.yaml`, with unit and default; `plumbline.example.yaml` explains them. */
export const configSchema = z.strictObject({
  dataDir: z.string().default('./data'),
  sloDir: z.string().default('./slos'),
  /** Silences and maintenance windows kept beside the code; see docs/alerting.md. */
  overlaysFile: z.string().optional(),
  bind: z.string().default('127.0.0.1'),
  /** How links in notifications begin; default: the API's own address. */
  publicUrl: z.url().optional(),
  /** Names of this machine, besides localhost and that of `publicUrl`, by which a loopback bind is reached. */
  hostNames: list.prefault([]),
  insecure: flag.default(false),
  ports: z
    .strictObject({
      otlpHttp: port.default(4318),
      otlpGrpc: port.default(4317),
      api: port.default(8080),
      clickhouse: port.default(8124),
    })
    .prefault({}),
  clickhouse: z.union([z.literal('embedded'), server]).default('embedded'),
  retention: z
    .strictObject({
      spans: duration.prefault('3d'),
      notableSpans: duration.prefault('30d'),
      calls: duration.prefault('30d'),
      metrics: duration.prefault('30d'),
      rollups: duration.prefault('400d'),
    })
    .prefault({}),
  collector: z
    .strictObject({
      /** Largest request body, as sent and after decompression. */
      maxBody: bytes.prefault('32MiB'),
      /** Bodies being decoded or waiting for the disk, all together; beyond it requests get 503. */
      maxInFlight: bytes.prefault('128MiB'),
      /** Segments waiting on disk for ClickHouse; beyond it requests get 503. */
      maxDisk: bytes.prefault('2GiB'),
      /** `fsync` survives power loss, `none` only a killed process. */
      durability: z.enum(['fsync', 'none']).default('fsync'),
      /** A segment is sealed at this size or this age, whichever comes first. */
      segmentBytes: bytes.prefault('48MiB'),
      segmentAge: duration.prefault('1s'),
      /** Share of traces whose unremarkable spans keep attributes, events and links. */
      keepAttributes: z.coerce.number().min(0).max(1).default(1),
      /** So that spans count once however they are cut into requests. */
      remember: z
        .strictObject({
          /** Spans; some 50 bytes each. */
          spans: z.coerce
            .number()
            .int()
            .min(1024)
            .max(2 ** 24)
            .default(2 ** 20),
          /** Rows of calls that wait for their parents. */
          calls: bytes.prefault('32MiB'),
        })
        .prefault({}),
      /** Where OTLP/HTTP requests are taken. */
      paths: z
        .strictObject({
          traces: listOf(path).prefault(['/v1/traces']),
          metrics: listOf(path).prefault(['/v1/metrics']),
        })
        .refine(({ traces, metrics }) => !traces.some((given) => metrics.includes(given)), {
          error: 'the same path cannot take traces and metrics',
        })
        .prefault({}),
      /** Web pages that may send telemetry from browsers; none unless named. */
      cors: z
        .strictObject({
          origins: listOf(origin).prefault([]),
          /** Request headers allowed besides those OTLP needs. */
          headers: listOf(headerName).prefault([]),
        })
        .prefault({}),
    })
    .superRefine(({ maxBody, maxInFlight }, context) => {
      const needed = MEMORY_OF_BODIES * maxBody
      if (maxInFlight >= needed) return
      const message = `must be at least ${needed} bytes, ${MEMORY_OF_BODIES} times collector.maxBody: a smaller one refuses bodies that maxBody allows, however often they are sent`
      context.addIssue({ code: 'custom', path: ['maxInFlight'], message })
    })
    .prefault({}),
  /** What is hidden before it is stored, beyond what always is; see docs/privacy.md. */
  redaction: z
    .strictObject({
      keys: list.prefault([]),
      patterns: z.array(pattern).max(32).default([]),
      /** `[hash:…]` instead of `[redacted]`. */
      hash: flag.default(false),
    })
    .prefault({}),
  /** How spans become calls, before every built-in rule; see docs/calls.md. */
  calls: z
    .strictObject({
      aliases: z.array(z.strictObject({ match: z.string().min(1), dependency: z.string().min(1) })).default([]),
      pathTemplates: z
        .array(z.strictObject({ template: z.string().startsWith('/'), dependency: z.string().optional() }))
        .default([]),
      promote: list.prefault([]),
      /** For how many calls one span may stand at most, whatever sampling it states. */
      maxWeight: z.coerce.number().min(1).max(1_000_000).default(1_000),
      /** User agents whose calls stay out of SLIs, beyond the built-in ones. */
      healthCheckers: list.prefault([]),
    })
    .prefault({}),
  evaluation: z.strictObject({ interval: duration.prefault('5s') }).prefault({}),
  alerting: z
    .strictObject({
      /** How long a severity must be clear before it ends. */
      keepFiring: z.strictObject({ page: duration.prefault('5m'), ticket: duration.prefault('30m') }).prefault({}),
      /** How long the first message waits for company. */
      groupWait: z.strictObject({ page: duration.prefault('0s'), ticket: duration.prefault('60s') }).prefault({}),
      /** How often an open incident says at most that it has new members. */
      groupInterval: duration.prefault('5m'),
      /** How long after its last message an open incident is told again. */
      repeat: z.strictObject({ page: duration.prefault('4h'), ticket: duration.prefault('24h') }).prefault({}),
      /** Decides and journals, and tells nobody. */
      dryRun: flag.default(false),
      /** What alerts beside burn rates. */
      kinds: z
        .strictObject({
          /** 50, 75, 90 and 100 % of an error budget are spent. */
          budgetSpent: flag.default(true),
          /** An error budget lasts less than a day at the present rate. */
          exhaustion: flag.default(true),
          /** Telemetry of an SLO stopped. */
          absence: flag.default(true),
          /** F1 to F8, by dependency. */
          failureModes: flag.default(true),
          /** Synthetic calls fail. */
          probes: flag.default(true),
          /** No telemetry is complete for five minutes. */
          blind: flag.default(true),
          /** More failures than usual at this hour of the week. */
          unusual: flag.default(false),
        })
        .prefault({}),
      /** How long an acknowledgement holds unless it says otherwise. */
      ackTtl: duration.prefault('8h').refine((ms) => ms <= 604_800_000, 'an acknowledgement holds for 7d at most'),
      /** Alerts about Plumbline itself; without endpoints they take the routes, as service and env `plumbline`. */
      meta: z.strictObject({ endpoints: list.prefault([]) }).prefault({}),
      /** Pinged every minute while everything works: an outside service raises the alarm when it stops. */
      watchdog: z.strictObject({ url: z.url().optional() }).prefault({}),
    })
    .prefault({}),
  egress: z
    .strictObject({
      allow: list.prefault([]),
      insecureHttp: flag.default(false),
      /** Ports of public addresses beside 80 and 443. */
      ports: z.array(port).default([]),
    })
    .prefault({}),
  endpoints: z.array(endpointSchema).default([]),
  routes: z.array(routeSchema).default([]),
  tokens: z.array(token).default([]),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
})

export type Config = z.output<typeof configSchema>
export type ClickHouseServer = z.output<typeof server>
