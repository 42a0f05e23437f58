import { NAMES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, read } from './attributes.ts'
import type { SpanFacts } from './call.ts'
import type { SpanSystem } from './call-protocol.ts'
import { messagingTypeOf } from './call-protocol.ts'
import { DB_OPERATION_MAX_CHARS, dbOperationOf } from './db-operation.ts'
import { isMicrometer, micrometerMethod, micrometerUri } from './micrometer.ts'
import { operationPath, PATH_MAX_CHARS, templateName } from './operation-path.ts'
import type { Direction } from './outcome.ts'
import { rpcMethodOf } from './rpc-method.ts'

/** `{METHOD} {path}`: no method is longer than `CONNECT`. */
export const OPERATION_MAX_CHARS = 'CONNECT '.length + PATH_MAX_CHARS

const PRODUCER = 4

/** RFC 9110, RFC 5789 (PATCH) and QUERY; anything else a client may invent is `HTTP`. */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
])

/**
 * What the call asks for, in words few enough to group by: `GET /v1/users/{id}`, `SELECT orders`, `send orders`.
 * @param pathTemplate gives the configured template for a path, or ''; null when none is configured.
 */
export function operationOf(
  span: SpanFacts,
  { protocol, system }: SpanSystem,
  direction: Direction,
  pathTemplate: ((urlOrPath: string) => string) | null,
): string {
  const { attributes } = span
  switch (protocol) {
    case 'gen_ai':
      return words([read(attributes, NAMES.genAiOperation), read(attributes, NAMES.genAiModel)]) || spanName(span)
    case 'messaging':
      return messagingOperation(span, direction)
    case 'aws':
      return afterSlash(read(attributes, NAMES.rpcMethod)) || spanName(span)
    case 'db':
      return dbOperationOf(attributes, system) || cut(spanName(span), DB_OPERATION_MAX_CHARS)
    case 'grpc':
    case 'rpc':
      return cut(rpcMethodOf(span), PATH_MAX_CHARS) || rpcPath(attributes) || spanName(span)
    case 'http':
      return httpOperation(span, direction, pathTemplate)
    default:
      return spanName(span)
  }
}

const words = (parts: readonly string[]): string => cut(parts.filter((part) => part !== '').join(' '), PATH_MAX_CHARS)

const afterSlash = (method: string): string => cut(method.slice(method.lastIndexOf('/') + 1), PATH_MAX_CHARS)

/** Proxies name gRPC calls by path only. */
function rpcPath(attributes: Attributes): string {
  const path = urlOrPathOf(attributes)
  return path === '' ? '' : operationPath(path).slice(1)
}

/** The span's name word by word, as people put ids into names: `charge order 4711` → `charge order {id}`. */
const spanName = ({ name }: SpanFacts): string =>
  cut(cut(name, 1000).trim().split(/\s+/).map(templateName).join(' '), PATH_MAX_CHARS) || 'unknown'

function messagingOperation(span: SpanFacts, direction: Direction): string {
  const { attributes } = span
  const usual = span.kind === PRODUCER ? 'send' : 'receive'
  const type = direction === 'inbound' ? 'process' : messagingTypeOf(attributes) || usual
  return words([type, destinationOf(attributes)])
}

/** Names of RabbitMQ's default exchange. */
const DEFAULT_EXCHANGE = /^(?:|amq\.default|<default>|\(default\)|default|\(?default exchange\)?)$/i

function destinationOf(attributes: Attributes): string {
  const template = read(attributes, NAMES.destinationTemplate)
  if (template !== '') return template
  if (read(attributes, NAMES.destinationTemporary) === 'true') return '(temporary)'
  if (read(attributes, NAMES.destinationAnonymous) === 'true') return '(anonymous)'
  const name = destinationName(read(attributes, NAMES.destinationName))
  if (!DEFAULT_EXCHANGE.test(name)) return templateName(name)
  return templateName(read(attributes, NAMES.routingKey) || name || read(attributes, NAMES.bridgedDestination))
}

/** What SDKs give by URL or ARN has a name at its end: `https://sqs.eu-west-1.amazonaws.com/123456789012/orders`. */
function destinationName(stated: string): string {
  if (stated.startsWith('arn:')) return stated.slice(stated.lastIndexOf(':') + 1)
  return /^https?:\/\//.test(stated) ? stated.slice(stated.lastIndexOf('/') + 1) : stated
}

function httpOperation(
  span: SpanFacts,
  direction: Direction,
  pathTemplate: ((urlOrPath: string) => string) | null,
): string {
  const { attributes } = span
  const usual = read(attributes, NAMES.httpMethod)
  const { method, uri, api } = usual === '' ? otherNamesOf(span) : NO_OTHER_NAMES
  const stated = (usual || method).toUpperCase()
  const path =
    (pathTemplate === null ? '' : configuredPath(attributes, pathTemplate)) ||
    (direction === 'outbound' ? templatePath(read(attributes, NAMES.urlTemplate)) : '') ||
    read(attributes, NAMES.httpRoute) ||
    uri ||
    pathOf(attributes) ||
    (api === '' ? '' : operationPath(api))
  const verb = METHODS.has(stated) ? stated : 'HTTP'
  return path === '' ? verb : `${verb} ${cut(path, PATH_MAX_CHARS)}`
}

/** Method and path by the names of other libraries, where the conventions' are absent. */
function otherNamesOf(span: SpanFacts): { method: string; uri: string; api: string } {
  const { attributes } = span
  if (isMicrometer(span)) {
    return { method: micrometerMethod(attributes), uri: templatePath(micrometerUri(attributes)), api: '' }
  }
  const [method = '', api = ''] = read(attributes, NAMES.daprApi).split(' ', 2)
  return api === '' ? NO_OTHER_NAMES : { method, uri: '', api }
}

const NO_OTHER_NAMES = { method: '', uri: '', api: '' }

/** A template's path: no scheme, host, query or fragment, and no `{?query}` of RFC 6570. */
function templatePath(template: string): string {
  const scheme = template.indexOf('://')
  const start = scheme < 0 ? 0 : template.indexOf('/', scheme + 3)
  if (start < 0) return '/'
  const path = template.slice(start)
  const end = path.search(/[?#]|\{[?&#]/)
  return end < 0 ? path : path.slice(0, end) || '/'
}

function configuredPath(attributes: Attributes, pathTemplate: (urlOrPath: string) => string): string {
  const raw = urlOrPathOf(attributes)
  return raw === '' ? '' : pathTemplate(raw)
}

function pathOf(attributes: Attributes): string {
  const raw = urlOrPathOf(attributes)
  return raw === '' ? '' : operationPath(raw)
}

/** Where the path is written, the shortest form first so that little has to be cut away. */
const urlOrPathOf = (attributes: Attributes): string =>
  read(attributes, NAMES.urlPath) ||
  read(attributes, NAMES.urlFull) ||
  read(attributes, NAMES.httpTarget) ||
  read(attributes, NAMES.httpPath) ||
  read(attributes, NAMES.httpUrl)
