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
export function systemOf({ attributes, name }: SpanFacts): SpanSystem {
  const provider = read(attributes, NAMES.genAiProvider)
  if (provider !== '') return { protocol: 'gen_ai', system: renamed(provider, GEN_AI_PROVIDERS) }
  const broker = read(attributes, NAMES.messagingSystem)
  if (broker !== '') return { protocol: 'messaging', system: renamed(broker, MESSAGING_SYSTEMS) }
  const rpc = read(attributes, NAMES.rpcSystem)
  if (rpc === 'aws-api') return { protocol: 'aws', system: 'aws-api' }
  const database = read(attributes, NAMES.dbSystem)
  if (database !== '') return { protocol: 'db', system: renamed(database, DB_SYSTEMS) }
  if (rpc === 'grpc' || isNativeGrpc(name) || read(attributes, NAMES.grpcStatus) !== '') return GRPC
  if (rpc !== '') return { protocol: 'rpc', system: renamed(rpc, RPC_SYSTEMS) }
  return isHttp(attributes) ? HTTP : OTHER
}

function renamed(value: string, names: Readonly<Record<string, string>>): string {
  const lower = cut(value.toLowerCase(), SYSTEM_MAX_CHARS)
  return Object.hasOwn(names, lower) ? names[lower]! : lower
}

/** Spans of gRPC's own OpenTelemetry plugin. Source: https://github.com/grpc/proposal/blob/master/A72-open-telemetry-tracing.md. */
const isNativeGrpc = (name: string): boolean =>
  (name.startsWith('Sent.') || name.startsWith('Recv.')) && name.includes('/')

export const isGrpcAttempt = (name: string): boolean => name.startsWith('Attempt.') && name.includes('/')

const isHttp = (attributes: Attributes): boolean =>
  read(attributes, NAMES.httpMethod) !== '' ||
  read(attributes, NAMES.anyUrl) !== '' ||
  read(attributes, NAMES.httpStatus) !== ''

/** send, receive, settle, process or create; '' when the span does not say or says something of its own. */
export function messagingTypeOf(attributes: Attributes): string {
  for (const names of [NAMES.messagingType, NAMES.messagingOldType, NAMES.messagingName]) {
    const type = read(attributes, names).toLowerCase()
    if (Object.hasOwn(MESSAGING_TYPES, type)) return MESSAGING_TYPES[type]!
  }
  return ''
}
