import type { Config } from '../runtime/config-schema.ts'
import type { Addresses } from './start.ts'

/** What a person needs after `npm start`: where to send, where to look, what to do next. */
export function banner(
  { otlpHttp, otlpGrpc, api, clickhouse }: Addresses,
  config: Config,
  next = nextSteps(config),
): string {
  const lines = [
    ['Send OTLP to', otlpHttp && `${otlpHttp}   (OTEL_EXPORTER_OTLP_ENDPOINT=${otlpHttp})`],
    ['or by gRPC to', otlpGrpc && `${otlpGrpc}   (OTEL_EXPORTER_OTLP_PROTOCOL=grpc)`],
    ['Open', api],
    ['API', api && `${api}/api/v1/slos   (${api}/api/v1/openapi.json)`],
    ['ClickHouse', config.clickhouse === 'embedded' ? `${api}/clickhouse   (for readers such as Grafana)` : clickhouse],
    ['SLOs from', `${config.sloDir}   (OpenSLO v1; edits are taken at once)`],
    ['Data in', config.clickhouse === 'embedded' ? config.dataDir : undefined],
  ].filter((line): line is [string, string] => Boolean(line[1]))
  return [
    '',
    '  Plumbline is ready',
    '',
    ...lines.map(([label, value]) => `  ${label.padEnd(14)}${value}`),
    '',
    `  ${next}`,
    '',
  ].join('\n')
}

function nextSteps({ endpoints }: Config): string {
  const told =
    endpoints.length === 0
      ? ', and add an endpoint and a route to plumbline.yaml so that someone is told\n  (plumbline.example.yaml shows how)'
      : ''
  return `Next: point a service at the OTLP address${told}. To see everything move at once: npm run demo`
}
