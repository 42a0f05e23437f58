import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { ROLES } from '../../cli/roles.ts'
import { configKeys, environmentName, loadConfig } from '../../runtime/config.ts'
import type { ClickHouseServer } from '../../runtime/config-schema.ts'

const REPOSITORY = new URL('../../', import.meta.url)
const DEPLOY = new URL('deploy/', REPOSITORY)
const read = (path: string) => readFileSync(new URL(path, REPOSITORY), 'utf8')

const service = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }).optional(),
})

const compose = z
  .object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.null()) })
  .parse(parse(read('deploy/compose.yaml'), { merge: true }))

const services = Object.entries(compose.services)
const roles = services.filter(([, { build }]) => build !== undefined)
const secrets = {
  CLICKHOUSE_PASSWORD: 'x',
  INGEST_TOKEN: 'i'.repeat(20),
  READ_TOKEN: 'r'.repeat(20),
  WRITE_TOKEN: 'w'.repeat(20),
}
const config = loadConfig({ path: new URL('plumbline.yaml', DEPLOY).pathname, env: secrets })
const server = config.clickhouse as ClickHouseServer

/** `127.0.0.1:8080:80` → address and both ports. */
function published(port: string) {
  const [address, host, container] = port.split(':')
  return { address, host: Number(host), container: Number(container) }
}

/** `./file:/path:ro` → source and place. */
function mounted(volume: string) {
  const [source = '', place = ''] = volume.split(':')
  return { source, place, isPath: source.startsWith('.') }
}

describe('compose.yaml', () => {
  test('runs every role once, each from the same image', () => {
    expect(roles.map(([, { command }]) => command)).toEqual(ROLES.map((role) => ['start', '--role', role]))
    expect(new Set(roles.map(([, { image }]) => image)).size).toBe(1)
    for (const [, { build }] of roles) {
      expect(existsSync(new URL(`${build?.context}/${build?.dockerfile}`, DEPLOY))).toBe(true)
    }
  })

  test.each(services)('%s mounts only what exists, and every volume is declared', (_name, { volumes }) => {
    for (const { source, isPath } of volumes.map(mounted)) {
      if (isPath) expect(existsSync(new URL(source, DEPLOY)), source).toBe(true)
      else expect(Object.keys(compose.volumes)).toContain(source)
    }
  })

  test('every declared volume is used', () => {
    const used = services.flatMap(([, { volumes }]) => volumes.map((volume) => mounted(volume).source))
    expect(Object.keys(compose.volumes).filter((volume) => !used.includes(volume))).toEqual([])
  })

  test.each(services)('%s is published on loopback only', (_name, { ports }) => {
    for (const port of ports) expect(published(port).address).toBe('127.0.0.1')
  })

  test.each(services)(
    '%s takes its secrets from the environment, and refuses to start without',
    (_name, { environment }) => {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|TOKEN|SECRET/.test(name)) expect(value, name).toMatch(/^\$\{[A-Z_]+:\?.+\}$/)
      }
    },
  )

  test.each(services)('%s depends on services that exist and can be healthy', (_name, { depends_on }) => {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      expect(compose.services[other]).toBeDefined()
      if (condition === 'service_healthy') expect(compose.services[other]?.healthcheck?.test).toBeDefined()
    }
  })

  test('the README makes exactly the secrets that are asked for', () => {
    const asked = new Set([...read('deploy/compose.yaml').matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name))
    const [, made = ''] = /for name in ([A-Z_ ]+); do/.exec(read('deploy/README.md')) ?? []
    expect(new Set(made.split(' '))).toEqual(asked)
  })

  test('ClickHouse is one that Plumbline supports', () => {
    const [, major, minor] = /:(\d+)\.(\d+)$/.exec(compose.services.clickhouse?.image ?? '') ?? []
    expect(Number(major) * 100 + Number(minor)).toBeGreaterThanOrEqual(2508)
  })
})

describe('plumbline.yaml of the roles', () => {
  test.each(roles)('%s is given every secret it names, and only settings that exist', (_name, { environment }) => {
    const named = [...read('deploy/plumbline.yaml').matchAll(/^[^#]*\$\{env:([A-Z_]+)\}/gm)].map(([, name]) => name!)
    expect(named.length).toBeGreaterThan(0)
    for (const name of named) expect(Object.keys(environment)).toContain(name)
    const settings = ['PLUMBLINE_CONFIG', ...configKeys().map(environmentName)]
    for (const name of Object.keys(environment).filter((key) => key.startsWith('PLUMBLINE_'))) {
      expect(settings).toContain(name)
    }
  })

  test.each(roles)(
    '%s finds its configuration, its SLOs and a writable data directory',
    (_name, { environment, volumes }) => {
      const places = volumes.map((volume) => mounted(volume).place)
      expect(places).toContain(environment.PLUMBLINE_CONFIG)
      expect(places).toContain(config.sloDir)
      expect(volumes.find((volume) => mounted(volume).place === config.dataDir)).not.toMatch(/:ro$/)
    },
  )

  test('names the ClickHouse service, its user, database and HTTP port', () => {
    const { hostname, port } = new URL(server.url)
    const clickhouse = compose.services[hostname]
    expect(clickhouse?.environment).toMatchObject({ CLICKHOUSE_USER: server.username, CLICKHOUSE_DB: server.database })
    expect(clickhouse?.healthcheck?.test?.at(-1)).toContain(`:${port}/ping`)
  })

  test('what is published is what the roles listen on', () => {
    const ports = (name: string) => (compose.services[name]?.ports ?? []).map(published)
    expect(ports('collector')).toEqual([
      { address: '127.0.0.1', host: 4317, container: config.ports.otlpGrpc },
      { address: '127.0.0.1', host: 4318, container: config.ports.otlpHttp },
    ])
    expect(ports('api')).toEqual([{ address: '127.0.0.1', host: 8080, container: config.ports.api }])
    expect(ports('evaluator')).toEqual([])
  })

  test('the health checks ask where the roles listen', () => {
    const asked = (name: string) => compose.services[name]?.healthcheck?.test?.at(-1)
    expect(asked('collector')).toBe(`http://127.0.0.1:${config.ports.otlpHttp}/healthz`)
    expect(asked('api')).toBe(`http://127.0.0.1:${config.ports.api}/healthz`)
    expect(compose.services.evaluator?.healthcheck).toEqual({ disable: true })
  })

  test('nobody without a token gets in, and no token does everything', () => {
    expect(config.bind).toBe('0.0.0.0')
    expect(config.insecure).toBe(false)
    expect(config.tokens.flatMap(({ scopes }) => scopes)).toEqual(expect.arrayContaining(['ingest', 'read', 'write']))
    expect(config.tokens.every(({ scopes }) => scopes.length < 3)).toBe(true)
  })
})

const datasource = z.object({
  datasources: z.tuple([
    z.object({
      uid: z.string(),
      type: z.literal('grafana-clickhouse-datasource'),
      editable: z.literal(false),
      jsonData: z.object({
        host: z.string(),
        port: z.int(),
        protocol: z.string(),
        path: z.string().optional(),
        username: z.string(),
        defaultDatabase: z.string(),
      }),
      secureJsonData: z.object({ password: z.string().regex(/^\$[A-Z_]+$/) }),
    }),
  ]),
})
const datasourceOf = (path: string) => datasource.parse(parse(read(path))).datasources[0]

describe('Grafana', () => {
  const grafana = compose.services.grafana!

  test('finds the boards where the provider looks for them', () => {
    const { providers } = z
      .object({
        providers: z.tuple([
          z.object({
            type: z.literal('file'),
            options: z.object({ path: z.string() }),
            allowUiUpdates: z.literal(false),
          }),
        ]),
      })
      .parse(parse(read('dashboards/grafana/provisioning/dashboards/plumbline.yaml')))
    const boards = grafana.volumes.map(mounted).find(({ place }) => place === providers[0].options.path)
    expect(
      readdirSync(new URL(boards!.source, DEPLOY)).filter((name) => name.endsWith('.json')).length,
    ).toBeGreaterThan(0)
  })

  test('reads ClickHouse as a user that is made for it, with a password it has', () => {
    const { jsonData, secureJsonData } = datasourceOf('deploy/grafana/datasources/plumbline.yaml')
    expect(compose.services[jsonData.host]).toBeDefined()
    expect(jsonData).toMatchObject({ protocol: 'native', port: 9000, defaultDatabase: server.database })
    expect(Object.keys(grafana.environment)).toContain(secureJsonData.password.slice(1))
    const script = read('deploy/clickhouse/grafana-user.sh')
    expect(script).toContain(`CREATE USER IF NOT EXISTS ${jsonData.username} `)
    expect(script).toContain('readonly = 2')
  })

  test('has the plugin that the boards ask for', () => {
    expect(grafana.environment.GF_PLUGINS_PREINSTALL_SYNC).toBe('grafana-clickhouse-datasource')
  })

  test('beside the embedded store it asks the API, under the same uid', () => {
    const embedded = datasourceOf('dashboards/grafana/provisioning/datasources/plumbline.yaml')
    expect(embedded.jsonData).toMatchObject({ protocol: 'http', path: '/clickhouse', port: 8080 })
    expect(embedded.uid).toBe(datasourceOf('deploy/grafana/datasources/plumbline.yaml').uid)
  })
})
