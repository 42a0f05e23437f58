import { ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

export interface CallOptions {
  dependency: string
  status: number
  at: number
  durationMs?: number
}

/** A service instrumented with the real OpenTelemetry SDK, exporting over protobuf or JSON. */
export function startService(name: string, otlpHttp: string, encoding: 'protobuf' | 'json') {
  const url = `${otlpHttp}/v1/traces`
  const exporter = encoding === 'json' ? new JsonExporter({ url }) : new ProtobufExporter({ url })
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': name,
      'service.version': '1.4.2',
      'deployment.environment.name': 'prod',
    }),
    spanProcessors: [
      new BatchSpanProcessor(exporter, { maxQueueSize: 20_000, maxExportBatchSize: 512, scheduledDelayMillis: 100 }),
    ],
  })
  const tracer = provider.getTracer('e2e')
  return {
    /** One HTTP call as an instrumented client records it; returns its trace id. */
    call({ dependency, status, at, durationMs = 40 }: CallOptions): string {
      const span = tracer.startSpan(
        'POST',
        {
          kind: SpanKind.CLIENT,
          startTime: at,
          attributes: {
            'http.request.method': 'POST',
            'url.full': `https://${dependency}/v1/charges/ch_${at}`,
            'server.address': dependency,
            'server.port': 443,
            'http.response.status_code': status,
            ...(status >= 400 ? { 'error.type': String(status) } : {}),
          },
        },
        ROOT_CONTEXT,
      )
      if (status >= 400) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end(at + durationMs)
      return span.spanContext().traceId
    },
    flush: () => provider.forceFlush(),
    stop: () => provider.shutdown(),
  }
}
