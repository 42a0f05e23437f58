import { NAMES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, read } from './attributes.ts'
import { awsServiceId } from './aws-services.ts'
import type { SpanFacts } from './call.ts'
import type { SpanSystem } from './call-protocol.ts'
import { type Host, hostIn } from './host.ts'
import { rpcServiceOf } from './rpc-method.ts'

export const DEPENDENCY_MAX_CHARS = 200

/** Caches have no schema worth naming: their database index says nothing, their host does. */
const NAMED_BY_HOST: ReadonlySet<string> = new Set(['redis', 'memcached'])

/** Stands for the pods and nodes that a caller reaches by address: they come and go, and no SLO is about one of them. */
export const ADDRESSES = '_addresses'

/** `10.4.0.1:8080` → `_addresses`, `redis/10.4.0.1:6379` → `redis/_addresses`. */
export const podClass = (name: string): string => name.slice(0, name.lastIndexOf('/') + 1) + ADDRESSES

export interface Dependency {
  name: string
  /** The name is an address of a pod or node, or ends in one. */
  isPod: boolean
}

/** The other side of an outbound call, before alias rules: `api.stripe.com`, `postgresql/shop`, `aws.dynamodb`. */
export function dependencyOf(span: SpanFacts, speaks: SpanSystem, host: Host): Dependency {
  const stated = cut(read(span.attributes, NAMES.peerName), DEPENDENCY_MAX_CHARS)
  if (stated === '') return derived(span, speaks, host)
  if (speaks.protocol === 'db' && isDataSource(span, stated)) {
    return derived(span, speaks, host.text === '' ? hostIn(stated) : host)
  }
  return { name: stated, isPod: hostIn(stated).isPod }
}

const named = (name: string): Dependency => ({ name, isPod: false })

function derived(span: SpanFacts, { protocol, system }: SpanSystem, host: Host): Dependency {
  switch (protocol) {
    case 'gen_ai':
    case 'messaging':
      return named(system)
    case 'aws':
      return awsServiceOf(span) ?? byHost(host, 'aws')
    case 'db':
      return databaseOf(span.attributes, system, host)
    case 'grpc':
    case 'rpc':
      return rpcServerOf(span, host)
    default:
      return byHost(host, cut(read(span.attributes, NAMES.faasInvoked), DEPENDENCY_MAX_CHARS) || 'unknown')
  }
}

const byHost = ({ text, isPod }: Host, otherwise: string): Dependency =>
  text === '' ? named(otherwise) : { name: text, isPod }

/** A service has one name however many addresses it has. */
function rpcServerOf(span: SpanFacts, host: Host): Dependency {
  if (host.isName) return named(host.text)
  const service = cut(rpcServiceOf(span), DEPENDENCY_MAX_CHARS)
  return service === '' ? byHost(host, 'unknown') : named(service)
}

function awsServiceOf(span: SpanFacts): Dependency | null {
  const service = rpcServiceOf(span)
  return service === '' ? null : named(cut(`aws.${awsServiceId(service)}`, DEPENDENCY_MAX_CHARS))
}

/** Instrumentations of .NET that once wrote the connection string's data source where a service's name belongs. */
const DATA_SOURCE_SCOPE = /^OpenTelemetry\.Instrumentation\.(?:EntityFrameworkCore|SqlClient)/
/** `tcp:db.example,1433`, `sql01\\shop`, `(localdb)\\…`. */
const DATA_SOURCE = /^(?:tcp|np|lpc|admin):|,\d{2,5}$|\\|^\((?:local|localdb)\)/i

const isDataSource = ({ scope }: SpanFacts, stated: string): boolean =>
  DATA_SOURCE_SCOPE.test(scope ?? '') || DATA_SOURCE.test(stated)

/** Databases of which an account has one: tables are what is asked for, hosts are regions. */
const NAMED_ALONE: ReadonlySet<string> = new Set(['aws.dynamodb'])

function databaseOf(attributes: Attributes, system: string, host: Host): Dependency {
  if (NAMED_ALONE.has(system)) return named(system)
  const namespace = NAMED_BY_HOST.has(system) ? '' : namespaceOf(attributes, system)
  if (namespace !== '') return named(cut(`${system}/${namespace}`, DEPENDENCY_MAX_CHARS))
  const { name, isPod } = byHost(host, '')
  return name === '' ? named(system) : { name: cut(`${system}/${name}`, DEPENDENCY_MAX_CHARS), isPod }
}

/**
 * The database alone. SQL Server's namespace is `instance|database` now and was two attributes before; that of others is
 * `database|schema` now and was the database.
 */
function namespaceOf(attributes: Attributes, system: string): string {
  if (system !== 'microsoft.sql_server') return read(attributes, NAMES.dbNamespace).split('|', 1)[0]!
  if (!attributes.get('db.namespace')) {
    const instance = read(attributes, NAMES.dbMssqlInstance)
    const database = read(attributes, NAMES.dbOldName)
    if (instance !== '' && database !== '') return `${instance}|${database}`
  }
  return read(attributes, NAMES.dbNamespace)
}
