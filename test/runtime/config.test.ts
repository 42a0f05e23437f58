import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { configKeys, environmentName, loadConfig, toEnvironment } from '../../runtime/config.ts'
import { ConfigError } from '../../runtime/config-error.ts'

const dir = mkdtempSync(join(tmpdir(), 'plumbline-config-'))

function file(text: string): string {
  const path = join(dir, `${Math.random().toString(36).slice(2)}.yaml`)
  writeFileSync(path, text)
  return path
}

const load = (text: string, env: Record<string, string> = {}) => loadConfig({ path: file(text), env })

function faultsOf(run: () => unknown): string[] {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigError)
      return error.faults.map(({ where, message }) => `${where.replace(/^.*\//, '')}: ${message}`)
    throw error
  }
  throw new Error('accepted')
}

describe('what a configuration becomes', () => {
  test('nothing given is the documented default', () => {
    const config = load('')
    expect(config).toMatchObject({
      dataDir: './data',
      sloDir: './slos',
      bind: '127.0.0.1',
      ports: { otlpHttp: 4318, otlpGrpc: 4317, api: 8080, clickhouse: 8124 },
      clickhouse: 'embedded',
      evaluation: { interval: 5_000 },
      retention: { spans: 3 * 86_400_000, rollups: 400 * 86_400_000 },
      collector: { maxBody: 32 * 2 ** 20, durability: 'fsync', segmentAge: 1_000 },
    })
  })

  test('the environment wins over the file, overrides win over both', () => {
    const path = file('ports: { api: 9000, otlpHttp: 9001 }\nevaluation: { interval: 10s }')
    const config = loadConfig({
      path,
      env: { PLUMBLINE_PORTS_API: '9100', PLUMBLINE_PORTS_OTLP_HTTP: '9101' },
      overrides: { ports: { api: 0 } },
    })
    expect(config.ports).toMatchObject({ api: 0, otlpHttp: 9101 })
    expect(config.evaluation.interval).toBe(10_000)
  })

  test('a server is given by the environment alone', () => {
    const config = load('', { PLUMBLINE_CLICKHOUSE_URL: 'http://127.0.0.1:8123', PLUMBLINE_CLICKHOUSE_PASSWORD: 'x' })
    expect(config.clickhouse).toEqual({
      url: 'http://127.0.0.1:8123',
      username: 'default',
      password: 'x',
      database: 'plumbline',
    })
  })

  test('lists are given to the environment as JSON', () => {
    const config = load('', { PLUMBLINE_EGRESS_ALLOW: '["10.0.0.0/8"]' })
    expect(config.egress.allow).toEqual(['10.0.0.0/8'])
  })

  test('secrets come from the environment or a file', () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const path = file(`${secret}\n`)
    const config = load(
      `endpoints:
  - { name: a, type: webhook, url: "http://127.0.0.1:1/x", secret: "\${env:HOOK}" }
  - { name: b, type: webhook, url: "http://127.0.0.1:1/x", secret: "\${file:${path}}" }`,
      { HOOK: secret },
    )
    expect(config.endpoints).toMatchObject([{ secret }, { secret }])
  })

  test('values given to a child through its environment mean the same', () => {
    const values = {
      ports: { api: 1234 },
      routes: [{ match: {}, endpoints: [] }],
      clickhouse: { url: 'http://127.0.0.1:1', cluster: undefined },
    }
    expect(load('', toEnvironment(values))).toEqual(loadConfig({ env: {}, overrides: values }))
  })

  test('every key has an environment variable of its own', () => {
    const names = configKeys().map(environmentName)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(
      expect.arrayContaining([
        'PLUMBLINE_DATA_DIR',
        'PLUMBLINE_PORTS_OTLP_HTTP',
        'PLUMBLINE_CLICKHOUSE',
        'PLUMBLINE_CLICKHOUSE_URL',
      ]),
    )
  })
})

describe('a fault is one readable line that says where', () => {
  const rows: [string, string, string][] = [
    [
      'a misspelled key',
      'dataDir: ./x\nports:\n  otlphttp: 1',
      '3 ports.otlphttp: unknown key; did you mean otlpHttp?',
    ],
    ['a misspelled key at the top', 'prots: {}', '1 prots: unknown key; did you mean ports?'],
    ['a port out of range', '\nports: { api: 70000 }', '2 ports.api: Too big: expected number to be <=65535'],
    [
      'a duration without unit',
      'evaluation: { interval: "5" }',
      '1 evaluation.interval: expected a duration such as 5s, 10m, 3d',
    ],
    [
      'a route to nowhere',
      'endpoints: [{ name: pager, type: webhook, url: "http://127.0.0.1" }]\nroutes:\n  - { match: {}, endpoints: [pagre] }',
      '3 routes.0.endpoints: there is no endpoint named pagre; did you mean pager?',
    ],
    [
      'a path that is none',
      'collector: { paths: { traces: [v1/traces] } }',
      '1 collector.paths.traces.0: expected a path such as /v1/traces',
    ],
    [
      'a path of the collector’s own',
      'collector: { paths: { traces: [/metrics] } }',
      '1 collector.paths.traces.0: is a path at which the collector answers for itself',
    ],
    [
      'a path for two signals',
      'collector:\n  paths: { traces: [/v1], metrics: [/v1] }',
      '2 collector.paths: the same path cannot take traces and metrics',
    ],
    [
      'a secret of the wrong form',
      'endpoints: [{ name: a, type: webhook, url: "http://127.0.0.1", secret: abc }]',
      '1 endpoints.0.secret: expected whsec_ and the base64',
    ],
    [
      'a former secret of the wrong form',
      'endpoints: [{ name: a, type: webhook, url: "http://127.0.0.1", previousSecret: abc }]',
      '1 endpoints.0.previousSecret: expected whsec_ and the base64',
    ],
    [
      'a fallback to nowhere',
      'endpoints: [{ name: a, type: slack, url: "http://127.0.0.1", fallback: b }]',
      '1 endpoints.0.fallback: there is no endpoint named b',
    ],
    [
      'a fallback to itself',
      'endpoints: [{ name: a, type: slack, url: "http://127.0.0.1", fallback: a }]',
      '1 endpoints.0.fallback: a cannot be its own fallback',
    ],
    [
      'a route to an endpoint that is kept for escalations',
      'endpoints: [{ name: a, type: slack, url: "http://127.0.0.1", escalationOnly: true }]\nroutes: [{ endpoints: [a] }]',
      '2 routes.0.endpoints: a is escalationOnly',
    ],
    [
      'alerts about Plumbline to nowhere',
      'alerting: { meta: { endpoints: [a] } }',
      '1 alerting.meta.endpoints: there is no endpoint named a',
    ],
    [
      'a key of another type of endpoint',
      'endpoints: [{ name: a, type: slack, url: "http://127.0.0.1", secret: abc }]',
      '1 endpoints.0.secret: unknown key',
    ],
    ['an endpoint of no known type', 'endpoints: [{ name: a, type: pigeon }]', '1 endpoints.0.type: '],
    [
      'a secret that is not set',
      `endpoints: [{ name: a, type: webhook, url: "http://127.0.0.1", secret: "\${env:NOPE}" }]`,
      '1: environment variable NOPE is not set',
    ],
    [
      'less memory than one body takes',
      'collector:\n  maxBody: 64MiB\n  maxInFlight: 128MiB',
      '3 collector.maxInFlight: must be at least 268435456 bytes, 4 times collector.maxBody',
    ],
    [
      'a larger body than the memory there is by default',
      'collector: { maxBody: 64MiB }',
      'collector.maxInFlight: must be at least 268435456 bytes',
    ],
    ['one port twice', 'ports: { api: 4318 }', 'port 4318 is already ports.otlpHttp'],
    ['an open bind without tokens', 'bind: 0.0.0.0', '1 bind: 0.0.0.0 can be reached from other machines'],
    ['a server without address', 'clickhouse: { database: x }', '1 clickhouse.url'],
    ['broken YAML', 'ports: { api: 1', 'yaml:1'],
    ['a list at the top', '- 1', 'expected keys and values'],
  ]
  test.each(rows)('%s', (_, text, expected) => {
    expect(faultsOf(() => load(text)).join('\n')).toContain(expected)
  })

  test('all faults are told at once', () => {
    expect(faultsOf(() => load('prots: {}\nevaluation: { interval: x }'))).toHaveLength(2)
  })

  test('an unknown environment variable is named', () => {
    expect(faultsOf(() => load('', { PLUMBLINE_PORT_API: '1' }))).toEqual([
      'PLUMBLINE_PORT_API: no such setting; did you mean PLUMBLINE_PORTS_API?',
    ])
  })

  test('a file that was asked for must exist', () => {
    expect(faultsOf(() => loadConfig({ path: join(dir, 'none.yaml'), env: {} }))).toEqual([
      'none.yaml: cannot be read: ENOENT',
    ])
  })

  test('an open bind is accepted with a token or by choice', () => {
    expect(load('bind: 0.0.0.0\ntokens: [{ name: ci, token: 0123456789abcdef, scopes: [read] }]').bind).toBe('0.0.0.0')
    expect(load('bind: 0.0.0.0\ninsecure: true').insecure).toBe(true)
  })
})

describe('the example file', () => {
  const example = readFileSync(join(import.meta.dirname, '../../plumbline.example.yaml'), 'utf8')

  test('gives every key its default', () => {
    expect(load(example)).toEqual(load(''))
  })

  test('mentions every key', () => {
    for (const path of configKeys()) expect(example).toMatch(new RegExp(`\\b${path.at(-1)}:`))
  })
})
