import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node'
import { type PastOptions, type PastSpan, pastMinute } from './past.ts'

const SCOPE = { name: 'plumbline-demo-history', version: '1' }
/** Requests under way at once: enough to keep the collector busy, few enough to stay newest first. */
const CONCURRENCY = 2

export interface SendOptions extends PastOptions {
  otlpHttp: string
  minutes: number
  /** Called after every stored minute. */
  onProgress: (minutesSent: number, spansSent: number) => void
}

/**
 * Generates the minutes before `to` and sends them through OTLP/HTTP protobuf, newest first, one request a minute.
 * @returns the number of spans the collector has acknowledged
 * @throws when a request is refused for good
 */
export async function sendPast({ otlpHttp, minutes, onProgress, ...past }: SendOptions): Promise<number> {
  const exporter = new OTLPTraceExporter({ url: `${otlpHttp}/v1/traces`, timeoutMillis: 60_000 })
  let next = 1
  let minutesSent = 0
  let spansSent = 0
  const worker = async () => {
    while (next <= minutes) {
      const spans = pastMinute(past, next)
      next += 1
      await exportSpans(exporter, readableSpans(spans))
      minutesSent += 1
      spansSent += spans.length
      onProgress(minutesSent, spansSent)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  await exporter.shutdown()
  return spansSent
}

function exportSpans(exporter: SpanExporter, spans: ReadableSpan[]): Promise<void> {
  return new Promise((resolve, reject) => {
    exporter.export(spans, ({ code, error }) => {
      if (code === 0) resolve()
      else reject(new Error('the collector did not take the history', { cause: error }))
    })
  })
}

/** As the SDK would hand them to its exporter, which groups spans by the identity of their resource. */
export function readableSpans(spans: readonly PastSpan[]): ReadableSpan[] {
  const resources = new Map<string, Resource>()
  return spans.map((span) => {
    const key = `${span.service} ${span.version}`
    const resource = resources.get(key) ?? resourceOf(span)
    resources.set(key, resource)
    return readable(span, resource)
  })
}

function readable(span: PastSpan, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId } = span
  const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED }
  return {
    name: span.name,
    kind: span.kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT,
    spanContext: () => context,
    ...(parentSpanId ? { parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: TraceFlags.SAMPLED } } : {}),
    startTime: hrTime(span.startMs),
    endTime: hrTime(span.endMs),
    duration: hrTime(span.endMs - span.startMs),
    status: { code: span.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: span.attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

const resourceOf = ({ service, version }: PastSpan): Resource =>
  resourceFromAttributes({
    'service.name': service,
    'service.version': version,
    'deployment.environment.name': 'demo',
  })

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)]
