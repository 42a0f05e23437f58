import { NAMES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, read } from './attributes.ts'
import type { SpanFacts } from './call.ts'
import type { SpanSystem } from './call-protocol.ts'
import type { Host } from './host.ts'
import { rpcServiceOf } from './rpc-method.ts'

export const DEPENDENCY_MAX_CHARS = 200

/** Caches have no schema worth naming: their database index says nothing, their host does. */
const NAMED_BY_HOST: ReadonlySet<string> = new Set(['redis', 'memcached'])

/** The other side of an outbound call, before alias rules: `api.stripe.com`, `postgresql/shop`, `aws.dynamodb`. */
export function dependencyOf(span: SpanFacts, { protocol, system }: SpanSystem, host: Host): string {
  const stated = read(span.attributes, NAMES.peerName)
  if (stated !== '') return cut(stated, DEPENDENCY_MAX_CHARS)
  switch (protocol) {
    case 'gen_ai':
    case 'messaging':
      return system
    case 'aws':
      return awsService(span) || host.text || 'aws'
    case 'db':
      return databaseOf(span.attributes, system, host)
    case 'grpc':
    case 'rpc':
      return (host.isName ? host.text : cut(rpcServiceOf(span), DEPENDENCY_MAX_CHARS) || host.text) || 'unknown'
    default:
      return host.text || 'unknown'
  }
}

function awsService(span: SpanFacts): string {
  const service = rpcServiceOf(span)
  if (service === '') return ''
  return cut(
    `aws.${cut(service, DEPENDENCY_MAX_CHARS)
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '-')}`,
    DEPENDENCY_MAX_CHARS,
  )
}

function databaseOf(attributes: Attributes, system: string, host: Host): string {
  const namespace = NAMED_BY_HOST.has(system) ? '' : namespaceOf(attributes, system)
  const name = namespace || host.text
  return name === '' ? system : cut(`${system}/${name}`, DEPENDENCY_MAX_CHARS)
}

/** SQL Server's namespace is `instance|database` now and was two attributes before. */
function namespaceOf(attributes: Attributes, system: string): string {
  if (system === 'microsoft.sql_server' && !attributes.get('db.namespace')) {
    const instance = read(attributes, NAMES.dbMssqlInstance)
    const database = read(attributes, NAMES.dbOldName)
    if (instance !== '' && database !== '') return `${instance}|${database}`
  }
  return read(attributes, NAMES.dbNamespace)
}
