import { NAMES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, read, wholeNumber } from './attributes.ts'
import type { Call, CallDetails, CallOutline, CallSource, Protocol, SpanFacts } from './call.ts'
import type { SpanSystem } from './call-protocol.ts'
import { isGrpcAttempt, messagingTypeOf, systemOf } from './call-protocol.ts'
import type { CallRules, CompiledRules } from './call-rules.ts'
import { compileRules, maxWeightOf, NO_RULES } from './call-rules.ts'
import { httpStatusOf, rpcStatusOf, statusOf } from './call-status.ts'
import { DEPENDENCY_MAX_CHARS, type Dependency, dependencyOf } from './dependency-name.ts'
import { type Failure, failureOf, unhandledException } from './failure.ts'
import { isHealthMethod } from './health-checkers.ts'
import { type Host, hostIn, hostOf } from './host.ts'
import { isMicrometer, micrometerClient, micrometerException } from './micrometer.ts'
import { operationOf } from './operation-name.ts'
import type { Direction } from './outcome.ts'
import { outcomeOf } from './outcome-rules.ts'
import { rpcMethodOf } from './rpc-method.ts'
import { statedWeight } from './sampling.ts'

const NAME_MAX_CHARS = 200
const CORRELATION_MAX_CHARS = 256
/** The column is UInt16. */
const MAX_ATTEMPT = 65_535

const KIND = { server: 2, client: 3, producer: 4, consumer: 5 } as const

/**
 * The integration call a span records, or null if it records none (see docs/calls.md). Never throws; every text of the
 * result is bounded, whatever the span holds.
 * Source: OpenTelemetry semantic conventions, all generations that SDKs still emit.
 */
export function callOf(span: SpanFacts, rules: CallRules = NO_RULES): Call | null {
  const outline = outlineOf(span, rules)
  if (outline === null) return null
  const { env, service, version, region, weight } = sourceOf(span.resource)
  const { statedWeight, correlationId, attributes } = detailsOf(span, outline.direction, rules)
  const { system: _, isPod: __, ...shared } = outline
  return {
    ...{ env, service, version, region },
    ...shared,
    operation: operationOfCall(span, outline, rules),
    weight: Math.min(statedWeight ?? weight, maxWeightOf(rules)),
    correlationId,
    attributes,
  }
}

/** The outline of a call, and what else was found out on the way. */
export interface FoundOutline extends CallOutline {
  /** What it spoke to, by which its operation is read. */
  system: string
  /** The dependency is an address of a pod or node and not named by a rule. */
  isPod: boolean
}

/** Who was called and how it ended: null when the span records no call. */
export function outlineOf(span: SpanFacts, rules: CallRules): FoundOutline | null {
  const direction = directionOf(span)
  if (direction === null) return null
  const { attributes } = span
  const speaks = systemOf(span)
  const { protocol, system } = speaks
  const failure = failureOf(span)
  const compiled = compileRules(rules)
  const { name, isPod } = direction === 'inbound' ? NO_DEPENDENCY : dependencyNameOf(span, speaks, compiled)
  const httpStatus = httpStatusOf(span, protocol, failure)
  const rpcStatus = rpcStatusOf(span, protocol, failure)
  return {
    direction,
    dependency: name,
    isPod,
    protocol,
    system,
    outcome: outcomeOf({ span, failure, direction, ...speaks, httpStatus, rpcStatus }),
    status: statusOf(span, protocol, httpStatus, rpcStatus),
    errorType: errorTypeOf(span, failure, rpcStatus, httpStatus),
    attempt: Math.min(wholeNumber(read(attributes, NAMES.attempt)) ?? 0, MAX_ATTEMPT),
    synthetic: isSynthetic(span, protocol, compiled),
  }
}

/** What was asked for. */
export function operationOfCall(
  span: SpanFacts,
  { protocol, system, direction, dependency }: FoundOutline,
  rules: CallRules,
): string {
  const { pathTemplate } = compileRules(rules)
  const template = pathTemplate === null ? null : (path: string) => pathTemplate(dependency, path)
  return operationOf(span, { protocol, system }, direction, template)
}

export function detailsOf(span: SpanFacts, direction: Direction, rules: CallRules): CallDetails {
  const { attributes } = span
  return {
    statedWeight: statedWeight(span.traceState, attributes),
    correlationId: cut(read(attributes, NAMES.correlationId), CORRELATION_MAX_CHARS),
    attributes: compileRules(rules).promoted(attributes, () => span.resource, direction),
  }
}

function directionOf(span: SpanFacts): Direction | null {
  switch (span.kind) {
    case KIND.client:
      return isGrpcAttempt(span.name) ? null : 'outbound'
    case KIND.producer:
      return messagingTypeOf(span.attributes) === 'create' ? null : 'outbound'
    case KIND.server:
    case KIND.consumer:
      return 'inbound'
    default:
      return read(span.attributes, NAMES.peerName) === '' ? null : 'outbound'
  }
}

const NO_DEPENDENCY: Dependency = { name: '', isPod: false }

function dependencyNameOf(span: SpanFacts, speaks: SpanSystem, configured: CompiledRules): Dependency {
  const host = hostOfCall(span)
  const { name, isPod } = dependencyOf(span, speaks, host)
  const alias = configured.alias(name, host.text)
  return { name: cut(alias, DEPENDENCY_MAX_CHARS), isPod: isPod && alias === name }
}

function hostOfCall(span: SpanFacts): Host {
  const host = hostOf(span.attributes)
  return host.text === '' && isMicrometer(span) ? hostIn(micrometerClient(span.attributes)) : host
}

function errorTypeOf(span: SpanFacts, failure: Failure, rpcStatus: string, httpStatus: number): string {
  if (failure.status === 'ok') return ''
  const named =
    read(span.attributes, NAMES.errorType) ||
    unhandledException(span, failure)?.get('exception.type') ||
    read(span.attributes, NAMES.httpErrorName) ||
    (failure.isMicrometer ? micrometerException(span.attributes) : '')
  if (named) return cut(named, NAME_MAX_CHARS)
  if (rpcStatus !== '' && rpcStatus !== 'OK') return rpcStatus
  if (httpStatus >= 400) return String(httpStatus)
  return failure.failed ? '_OTHER' : ''
}

/** By what it says of itself, its user agent, or because it asks for health. */
function isSynthetic(span: SpanFacts, protocol: Protocol, rules: CompiledRules): boolean {
  const { attributes } = span
  const stated = read(attributes, NAMES.syntheticType)
  if (stated === 'bot' || stated === 'test') return true
  if (protocol === 'grpc' && isHealthMethod(rpcMethodOf(span))) return true
  const userAgent = read(attributes, NAMES.userAgent)
  return userAgent !== '' && rules.isHealthChecker(userAgent)
}

/** What all calls of one resource share, and what one of them counts for, before the cap, unless its span says so. */
export interface FoundSource extends CallSource {
  weight: number
}

/** Of a resource that does not say. */
export const UNKNOWN_SERVICE = 'unknown_service'
export const UNSPECIFIED = 'unspecified'

export const sourceOf = (resource: Attributes): FoundSource => ({
  service: cut(read(resource, NAMES.service), NAME_MAX_CHARS) || UNKNOWN_SERVICE,
  env: cut(read(resource, NAMES.environment).toLowerCase(), NAME_MAX_CHARS) || UNSPECIFIED,
  version: cut(read(resource, NAMES.version), NAME_MAX_CHARS),
  region: cut(read(resource, NAMES.region), NAME_MAX_CHARS),
  weight: statedWeight('', resource) ?? 1,
})
