import { NAMES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, read, wholeNumber } from './attributes.ts'
import { boundedMemo } from './bounded-memo.ts'
import type { Call, CallDetails, CallOutline, CallSource, SpanFacts } from './call.ts'
import type { SpanSystem } from './call-protocol.ts'
import { isGrpcAttempt, messagingTypeOf, systemOf } from './call-protocol.ts'
import type { CallRules, CompiledRules } from './call-rules.ts'
import { compileRules, maxWeightOf, NO_RULES } from './call-rules.ts'
import { httpStatusOf, statusOf } from './call-status.ts'
import { DEPENDENCY_MAX_CHARS, dependencyOf } from './dependency-name.ts'
import { hostOf } from './host.ts'
import { operationOf } from './operation-name.ts'
import type { Direction } from './outcome.ts'
import { isFailed, outcomeOf, unhandledException } from './outcome-rules.ts'
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
  const { system: _, ...shared } = outline
  return {
    ...{ env, service, version, region },
    ...shared,
    operation: operationOfCall(span, outline, rules),
    weight: Math.min(statedWeight ?? weight, maxWeightOf(rules)),
    correlationId,
    attributes,
  }
}

/** The outline of a call, and the system it spoke to, by which its operation is read. */
export interface FoundOutline extends CallOutline {
  system: string
}

/** Who was called and how it ended: null when the span records no call. */
export function outlineOf(span: SpanFacts, rules: CallRules): FoundOutline | null {
  const direction = directionOf(span)
  if (direction === null) return null
  const { attributes } = span
  const speaks = systemOf(span)
  const { protocol, system } = speaks
  const httpStatus = httpStatusOf(attributes, protocol)
  const status = statusOf(span, protocol, httpStatus)
  const rpcStatus = protocol === 'grpc' || protocol === 'rpc' ? status : ''
  return {
    direction,
    dependency: direction === 'inbound' ? '' : dependencyNameOf(span, speaks, compileRules(rules)),
    protocol,
    system,
    outcome: outcomeOf({ span, direction, ...speaks, httpStatus, rpcStatus }),
    status,
    errorType: errorTypeOf(span, rpcStatus, httpStatus),
    attempt: Math.min(wholeNumber(read(attributes, NAMES.attempt)) ?? 0, MAX_ATTEMPT),
    synthetic: isSynthetic(attributes),
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

function dependencyNameOf(span: SpanFacts, speaks: SpanSystem, configured: CompiledRules): string {
  const host = hostOf(span.attributes)
  const derived = dependencyOf(span, speaks, host)
  return cut(configured.alias(derived, host.text), DEPENDENCY_MAX_CHARS)
}

function errorTypeOf(span: SpanFacts, rpcStatus: string, httpStatus: number): string {
  if (span.statusCode === 1) return ''
  const named =
    read(span.attributes, NAMES.errorType) ||
    unhandledException(span)?.get('exception.type') ||
    read(span.attributes, NAMES.httpErrorName)
  if (named) return cut(named, NAME_MAX_CHARS)
  if (rpcStatus !== '' && rpcStatus !== 'OK') return rpcStatus
  if (httpStatus >= 400) return String(httpStatus)
  return isFailed(span) ? '_OTHER' : ''
}

/** Health checkers and load generators by their user agent. */
const PROBE =
  /kube-probe|googlehc|elb-healthchecker|pingdom|uptimerobot|statuscake|blackbox|(?:^|[\s/(])k6\b|synthetics/i

const isProbe: (userAgent: string) => boolean = boundedMemo((userAgent) => PROBE.test(cut(userAgent, 1000)), {
  entries: 512,
})

function isSynthetic(attributes: Attributes): boolean {
  const stated = read(attributes, NAMES.syntheticType)
  if (stated === 'bot' || stated === 'test') return true
  const userAgent = read(attributes, NAMES.userAgent)
  return userAgent !== '' && isProbe(userAgent)
}

/** What all calls of one resource share, and what one of them counts for, before the cap, unless its span says so. */
export interface FoundSource extends CallSource {
  weight: number
}

export const sourceOf = (resource: Attributes): FoundSource => ({
  service: cut(read(resource, NAMES.service), NAME_MAX_CHARS) || 'unknown_service',
  env: cut(read(resource, NAMES.environment).toLowerCase(), NAME_MAX_CHARS) || 'unspecified',
  version: cut(read(resource, NAMES.version), NAME_MAX_CHARS),
  region: cut(read(resource, NAMES.region), NAME_MAX_CHARS),
  weight: statedWeight('', resource) ?? 1,
})
