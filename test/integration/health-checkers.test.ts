import { describe, expect, test } from 'vitest'
import { NO_RULES } from '../../integration/call-rules.ts'
import { call } from './span.ts'

const inbound = (userAgent: string) =>
  ({
    kind: 'server',
    attributes: { 'http.request.method': 'GET', 'http.route': '/healthz', 'user_agent.original': userAgent },
  }) as const

describe('a health checker’s calls are synthetic', () => {
  test.each([
    'Envoy/HC',
    'Consul Health Check',
    'kube-probe/1.31',
    'GoogleHC/1.0',
    'GoogleStackdriverMonitoring-UptimeChecks(https://cloud.google.com/monitoring)',
    'ELB-HealthChecker/2.0',
    'Amazon-Route53-Health-Check-Service (ref 1a2b; report http://amzn.to/1vsZADi)',
    'CloudWatchSynthetics/arn:aws:synthetics:eu-west-1:1:canary:x',
    'ReadyForRequest/1.0 (HealthCheck)',
    'HealthCheck/1.0',
    'AlwaysOn',
    'Edge Health Probe',
    'Azure Traffic Manager Endpoint Monitor',
    'Load Balancer Agent',
    'Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.2; AppInsights)',
    'Mozilla/5.0 (compatible; Better Stack Better Uptime Bot; https://betterstack.com)',
    'Better Uptime Bot',
    'Site24x7',
    'Checkly/1.0 (https://www.checklyhq.com)',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120 Safari/537.36 DatadogSynthetics',
    'Datadog/Synthetics',
    'NewRelicPinger/1.0 (1)',
    'Mozilla/5.0 NewRelicSynthetics/1.0',
    'synthetic-monitoring-agent/v0.20.0 (linux amd64; +https://github.com/grafana/synthetic-monitoring-agent)',
    'Blackbox Exporter/0.25.0',
    'Elastic-Heartbeat/8.15.0 (linux; amd64)',
    'Uptime-Kuma/1.23.11',
    'updown.io daemon 2.11',
    'HetrixTools Uptime Monitoring Bot. https://hetrix.tools/uptime-monitoring-bot.html',
    'Mozilla/5.0 (compatible; NodePing)',
    'Hyperping/1.0',
    'OhDear.app (https://ohdear.app)',
    'OpenStatus/1.0',
    'gatus/1.0',
    'check_http/v2.3 (nagios-plugins 2.3)',
    'Zabbix',
    'Cloudflare-Healthchecks/1.0 (https://www.cloudflare.com/; healthcheck-id: 1)',
    'Cloudflare-Traffic-Manager/1.0 (+https://www.cloudflare.com/traffic-manager/)',
    'StatusCake',
    'Mozilla/5.0 RuxitSynthetic/1.0 v1',
    'ThousandEyes-Dragonfly-x1',
    'vegeta',
    'ApacheBench/2.3',
    'fortio.org/fortio-1.63.0',
  ])('%s', (userAgent) => expect(call(inbound(userAgent)).synthetic).toBe(true))

  test.each([
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120 Safari/537.36',
    'axios/1.7.2',
    'python-requests/2.32.3',
    'okhttp/4.12.0',
    'Go-http-client/2.0',
    'grpc-go/1.66.0',
    'consensus-client/1.0',
    'they/1.0',
    'curl/8.9.1',
    '',
  ])('not %s', (userAgent) => expect(call(inbound(userAgent)).synthetic).toBe(false))
})

describe('the health service of gRPC is asked by health checkers', () => {
  test.each([
    [{ 'rpc.system': 'grpc', 'rpc.service': 'grpc.health.v1.Health', 'rpc.method': 'Check' }],
    [{ 'rpc.system': 'grpc', 'rpc.service': 'grpc.health.v1.Health', 'rpc.method': 'Watch' }],
    [{ 'rpc.system.name': 'grpc', 'rpc.method': 'grpc.health.v1.Health/Check' }],
    [{ 'rpc.system': 'grpc', 'rpc.method': '/grpc.health.v1.Health/Check' }],
  ])('%j', (attributes) => {
    expect(call({ kind: 'server', attributes }).synthetic).toBe(true)
    expect(call({ kind: 'client', attributes }).synthetic).toBe(true)
  })
  test('and not a service of like name', () => {
    const attributes = { 'rpc.system': 'grpc', 'rpc.service': 'shop.grpc.health.v1.Health', 'rpc.method': 'Check' }
    expect(call({ kind: 'server', attributes }).synthetic).toBe(false)
  })
})

test('a configuration adds user agents of its own', () => {
  const rules = { ...NO_RULES, healthCheckers: ['acme-monitor/*', 'Watchdog'] }
  const synthetic = (userAgent: string) => call(inbound(userAgent), rules).synthetic
  expect(['Acme-Monitor/2.1', 'watchdog', 'kube-probe/1.31'].map(synthetic)).toEqual([true, true, true])
  expect(['acme-monitor', 'watchdog/2'].map(synthetic)).toEqual([false, false])
})
