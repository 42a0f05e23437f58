import { NAMES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, read } from './attributes.ts'
import type { SpanFacts } from './call.ts'
import type { SpanSystem } from './call-protocol.ts'
import { messagingTypeOf } from './call-protocol.ts'
import { DB_OPERATION_MAX_CHARS, dbOperationOf } from './db-operation.ts'
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
      return httpOperation(attributes, direction, pathTemplate)
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

function destinationOf(attributes: Attributes): string {
  const template = read(attributes, NAMES.destinationTemplate)
  if (template !== '') return template
  if (read(attributes, NAMES.destinationTemporary) === 'true') return '(temporary)'
  if (read(attributes, NAMES.destinationAnonymous) === 'true') return '(anonymous)'
  return templateName(read(attributes, NAMES.destinationName))
}

function httpOperation(
  attributes: Attributes,
  direction: Direction,
  pathTemplate: ((urlOrPath: string) => string) | null,
): string {
  const stated = read(attributes, NAMES.httpMethod).toUpperCase()
  const method = METHODS.has(stated) ? stated : 'HTTP'
  const path =
    (pathTemplate === null ? '' : configuredPath(attributes, pathTemplate)) ||
    (direction === 'outbound' ? read(attributes, NAMES.urlTemplate) : '') ||
    read(attributes, NAMES.httpRoute) ||
    pathOf(attributes)
  return path === '' ? method : `${method} ${cut(path, PATH_MAX_CHARS)}`
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
  read(attributes, NAMES.httpUrl)
