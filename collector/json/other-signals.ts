import type { Reason } from '../rejections.ts'
import type { Signal } from '../signals.ts'
import { memberOf } from './fields.ts'
import { isObject, type Json, type JsonObject } from './parse.ts'

/** What else OTLP has than the signal asked for: keys of resources, scopes and records. Source: opentelemetry-proto 1.11. */
const LOGS = { reason: 'log_records', keys: ['resourceLogs', 'scopeLogs', 'logRecords'] } as const
const PROFILES = { reason: 'profiles', keys: ['resourceProfiles', 'scopeProfiles', 'profiles'] } as const
const OTHERS = {
  traces: [LOGS, PROFILES, { reason: 'metrics_for_traces', keys: ['resourceMetrics', 'scopeMetrics', 'metrics'] }],
  metrics: [LOGS, PROFILES, { reason: 'spans_for_metrics', keys: ['resourceSpans', 'scopeSpans', 'spans'] }],
} as const satisfies Record<Signal, readonly { reason: Reason; keys: readonly string[] }[]>

/** How many records of other signals a request holds: their keys are unknown to the signal asked for, which skips them. */
export const otherSignals = (signal: Signal, request: JsonObject): [Reason, number][] =>
  OTHERS[signal].map(({ reason, keys: [resources, scopes, records] }) => [
    reason,
    listOf(request, resources)
      .flatMap((resource) => listOf(resource, scopes))
      .reduce<number>((sum, scope) => sum + listOf(scope, records).length, 0),
  ])

function listOf(object: Json, key: string): Json[] {
  const list = isObject(object) ? memberOf(object, key) : null
  return Array.isArray(list) ? list : []
}
