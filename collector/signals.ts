const SERVICES = 'opentelemetry.proto.collector'

/** The OTLP signals taken here; every other path is 404 or UNIMPLEMENTED, so that clients do not retry. */
export const SIGNALS = {
  traces: {
    service: `${SERVICES}.trace.v1.TraceService`,
    noun: 'span',
    rejectedField: 'rejectedSpans',
  },
  metrics: {
    service: `${SERVICES}.metrics.v1.MetricsService`,
    noun: 'data point',
    rejectedField: 'rejectedDataPoints',
  },
} as const

export type Signal = keyof typeof SIGNALS
export type Encoding = 'protobuf' | 'json'
