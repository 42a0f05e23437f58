import type { Attributes } from './attributes.ts'
import type { Direction, Outcome } from './outcome.ts'

export const PROTOCOLS = ['gen_ai', 'messaging', 'aws', 'db', 'grpc', 'rpc', 'http', 'other'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/**
 * A span as the collector decoded it: the only input of the span-to-call rules, which read what they need of it.
 * Attribute values are already in text form (arrays as JSON).
 */
export interface SpanFacts {
  readonly traceState: string
  readonly name: string
  /** OTLP number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  /** OTLP number: 0 unset, 1 ok, 2 error. */
  readonly statusCode: number
  readonly statusMessage: string
  readonly attributes: Attributes
  readonly resource: Attributes
  /** Name of the instrumentation scope. */
  readonly scope?: string | undefined
  /** Attributes of the span's last event named `exception`, if any. */
  readonly exception: Attributes | null
}

/** What all calls of one resource share. */
export interface CallSource {
  env: string
  service: string
  version: string
  region: string
}

/** What calls of one kind to one dependency that ended alike share. */
export interface CallOutline {
  direction: Direction
  /** Stable name of the other side; '' when inbound. */
  dependency: string
  protocol: Protocol
  outcome: Outcome
  status: string
  errorType: string
  /** 0 for the first attempt, 1, 2, … for re-sends. */
  attempt: number
  synthetic: boolean
}

/** What may differ from call to call, and mostly is not stated at all. */
export interface CallDetails {
  /** Adjusted count, 1 / sampling probability, as the span states it, before the cap; null when it does not. */
  statedWeight: number | null
  /** '' where none is stated: then the trace id serves. */
  correlationId: string
  /** Promoted attributes only. */
  attributes: ReadonlyMap<string, string>
}

/** One attempt at an integration: a row of the table `calls`, but for the times and ids, which are the span's. */
export interface Call extends CallSource, CallOutline, Omit<CallDetails, 'statedWeight'> {
  operation: string
  weight: number
}
