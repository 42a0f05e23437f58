import type { Direction, Outcome } from './outcome.ts'

export const PROTOCOLS = ['gen_ai', 'messaging', 'aws', 'db', 'grpc', 'rpc', 'http', 'other'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/**
 * A span as the collector decoded it: the only input of the span-to-call rules.
 * Attribute values are already in text form (arrays as JSON); ids are lower-case hex, '' where absent.
 */
export interface SpanFacts {
  traceId: string
  spanId: string
  parentSpanId: string
  traceState: string
  name: string
  /** OTLP number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number
  startNs: bigint
  endNs: bigint
  /** OTLP number: 0 unset, 1 ok, 2 error. */
  statusCode: number
  statusMessage: string
  attributes: ReadonlyMap<string, string>
  resource: ReadonlyMap<string, string>
  /** Attributes of the span's last event named `exception`, if any. */
  exception: ReadonlyMap<string, string> | null
}

/** One attempt at an integration: a row of the table `calls`. */
export interface Call {
  tsNs: bigint
  env: string
  service: string
  version: string
  region: string
  direction: Direction
  /** Stable name of the other side; '' when inbound. */
  dependency: string
  operation: string
  protocol: Protocol
  outcome: Outcome
  status: string
  errorType: string
  /** 0 for the first attempt, 1, 2, … for re-sends. */
  attempt: number
  /** The parent span is a call to the same dependency: kept out of SLIs. */
  nested: boolean
  synthetic: boolean
  /** Adjusted count: 1 / sampling probability. */
  weight: number
  durationNs: bigint
  traceId: string
  spanId: string
  parentSpanId: string
  correlationId: string
  /** Promoted attributes only. */
  attributes: ReadonlyMap<string, string>
}
