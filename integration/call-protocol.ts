import {
  DB_SYSTEMS,
  GEN_AI_PROVIDERS,
  MESSAGING_SYSTEMS,
  MESSAGING_TYPES,
  NAMES,
  RPC_SYSTEMS,
} from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, read } from './attributes.ts'
import type { Protocol, SpanFacts } from './call.ts'
import { isMicrometer, micrometerMethod } from './micrometer.ts'

const SYSTEM_MAX_CHARS = 100

export interface SpanSystem {
  protocol: Protocol
  /** `postgresql`, `kafka`, `openai`, `grpc`, in today's spelling; '' for http and other. */
  system: string
}

const HTTP: SpanSystem = { protocol: 'http', system: '' }
const OTHER: SpanSystem = { protocol: 'other', system: '' }
const GRPC: SpanSystem = { protocol: 'grpc', system: 'grpc' }

/** What the span speaks: the most specific thing it says about itself, as a DynamoDB call is also RPC and HTTP. */
export function systemOf(span: SpanFacts): SpanSystem {
  const { attributes, name } = span
  const provider = read(attributes, NAMES.genAiProvider)
  if (provider !== '') return { protocol: 'gen_ai', system: renamed(provider, GEN_AI_PROVIDERS) }
  const broker = read(attributes, NAMES.messagingSystem)
  if (broker !== '') return { protocol: 'messaging', system: renamed(broker, MESSAGING_SYSTEMS) }
  const rpc = read(attributes, NAMES.rpcSystem)
  if (rpc === 'aws-api') return { protocol: 'aws', system: 'aws-api' }
  const database = read(attributes, NAMES.dbSystem)
  if (database !== '') return { protocol: 'db', system: databaseOf(attributes, database) }
  if (rpc === 'grpc' || isNativeGrpc(name) || read(attributes, NAMES.grpcStatus) !== '') return GRPC
  if (rpc !== '') return { protocol: 'rpc', system: renamed(rpc, RPC_SYSTEMS) }
  if (isHttp(span)) return HTTP
  return read(attributes, NAMES.daprApi).startsWith('/dapr.proto') ? GRPC : bridgedBrokerOf(attributes)
}

/** Entity Framework Core gives a database that it has no name for as `other_sql`, and the package that speaks to it. */
function databaseOf(attributes: Attributes, stated: string): string {
  const system = renamed(stated, DB_SYSTEMS)
  if (system !== 'other_sql') return system
  return renamed(read(attributes, NAMES.entityFrameworkProvider), DB_SYSTEMS) || system
}

/** What bridges from OpenTracing and Brave say of a message, which names no system. */
const BRIDGED_BROKERS: readonly { name: string; system: string }[] = [
  { name: 'kafka.topic', system: 'kafka' },
  { name: 'rabbit.exchange', system: 'rabbitmq' },
  { name: 'rabbit.queue', system: 'rabbitmq' },
  { name: 'jms.queue', system: 'jms' },
  { name: 'jms.topic', system: 'jms' },
]

function bridgedBrokerOf(attributes: Attributes): SpanSystem {
  for (const { name, system } of BRIDGED_BROKERS) if (attributes.get(name)) return { protocol: 'messaging', system }
  if (!attributes.get('message_bus.destination')) return OTHER
  const component = read(attributes, NAMES.openTracingComponent).replace(/^java-|-(?:client|producer|consumer)$/g, '')
  return { protocol: 'messaging', system: renamed(component, MESSAGING_SYSTEMS) || 'message_bus' }
}

function renamed(value: string, names: Readonly<Record<string, string>>): string {
  const lower = cut(value.toLowerCase(), SYSTEM_MAX_CHARS)
  return Object.hasOwn(names, lower) ? names[lower]! : lower
}

/** Spans of gRPC's own OpenTelemetry plugin. Source: https://github.com/grpc/proposal/blob/master/A72-open-telemetry-tracing.md. */
const isNativeGrpc = (name: string): boolean =>
  (name.startsWith('Sent.') || name.startsWith('Recv.')) && name.includes('/')

export const isGrpcAttempt = (name: string): boolean => name.startsWith('Attempt.') && name.includes('/')

const isHttp = (span: SpanFacts): boolean => {
  const { attributes } = span
  return (
    read(attributes, NAMES.httpMethod) !== '' ||
    read(attributes, NAMES.anyUrl) !== '' ||
    read(attributes, NAMES.httpStatus) !== '' ||
    read(attributes, NAMES.httpPath) !== '' ||
    isDaprHttp(attributes) ||
    (isMicrometer(span) && micrometerMethod(attributes) !== '')
  )
}

/** `POST /v1.0/invoke/orders/method/checkout`, not `/dapr.proto.runtime.v1.Dapr/InvokeService`. */
const isDaprHttp = (attributes: Attributes): boolean => /^[A-Z]+ \//.test(read(attributes, NAMES.daprApi))

/** send, receive, settle, process or create; '' when the span does not say or says something of its own. */
export function messagingTypeOf(attributes: Attributes): string {
  for (const names of [NAMES.messagingType, NAMES.messagingOldType, NAMES.messagingName]) {
    const type = read(attributes, names).toLowerCase()
    if (Object.hasOwn(MESSAGING_TYPES, type)) return MESSAGING_TYPES[type]!
  }
  return ''
}
