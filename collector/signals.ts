/** The OTLP signals taken here; every other path is 404, so that clients do not retry. */
export const SIGNALS = {
  traces: { path: '/v1/traces', noun: 'span', rejectedField: 'rejectedSpans' },
  metrics: { path: '/v1/metrics', noun: 'data point', rejectedField: 'rejectedDataPoints' },
} as const

export type Signal = keyof typeof SIGNALS
export type Encoding = 'protobuf' | 'json'
