import type { ClientRequest } from 'node:http'
import { createRequire } from 'node:module'
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions'
import {
  ATTR_DEPLOYMENT_ENVIRONMENT_NAME,
  ATTR_SERVICE_PEER_NAME,
} from '@opentelemetry/semantic-conventions/incubating'

export interface TelemetryOptions {
  service: string
  version: string
  /** OTLP/HTTP address of Plumbline. */
  otlpHttp: string
  encoding: 'proto' | 'json'
  /** Origin (`http://127.0.0.1:1234`) → stable name of the other side. */
  peers: ReadonlyMap<string, string>
}

/**
 * Starts the OpenTelemetry SDK as a Node service would: HTTP server and client spans and duration metrics by
 * auto-instrumentation, a peer name on every outgoing call, everything sent by OTLP. Returns its orderly stop.
 */
export function startTelemetry({ service, version, otlpHttp, encoding, peers }: TelemetryOptions): () => Promise<void> {
  const [TraceExporter, MetricExporter] =
    encoding === 'proto' ? [ProtoTraceExporter, ProtoMetricExporter] : [JsonTraceExporter, JsonMetricExporter]
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAME]: service,
      [ATTR_SERVICE_VERSION]: version,
      [ATTR_DEPLOYMENT_ENVIRONMENT_NAME]: 'demo',
    }),
    autoDetectResources: false,
    spanProcessors: [
      new BatchSpanProcessor(new TraceExporter({ url: `${otlpHttp}/v1/traces` }), { scheduledDelayMillis: 1_000 }),
    ],
    metricReaders: [
      new PeriodicExportingMetricReader({
        exporter: new MetricExporter({ url: `${otlpHttp}/v1/metrics` }),
        exportIntervalMillis: 10_000,
      }),
    ],
    instrumentations: [
      new HttpInstrumentation({
        requestHook: (span, request) => {
          const name = isOutgoing(request) ? peers.get(`http://${request.getHeader('host')}`) : undefined
          if (name) span.setAttribute(ATTR_SERVICE_PEER_NAME, name)
        },
      }),
      new UndiciInstrumentation({
        startSpanHook: ({ origin }) => {
          const name = peers.get(origin)
          return name ? { [ATTR_SERVICE_PEER_NAME]: name } : {}
        },
      }),
    ],
  })
  sdk.start()
  // The instrumentation patches `http` when it is required; ES imports of a built-in share the patched object.
  createRequire(import.meta.url)('node:http')
  return () => sdk.shutdown()
}

const isOutgoing = (request: object): request is ClientRequest => 'getHeader' in request
