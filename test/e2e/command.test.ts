import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { run, startAsGroup, startWithOlderNode, workplace } from './plumbline.ts'

describe('a mistake before the start is told in one readable line each', () => {
  test('every fault of the configuration, exit code 2', async () => {
    using place = workplace({ prots: {}, evaluation: { interval: 'soon' } })
    const { code, stdout, stderr } = await run(['start', '--config', place.configPath])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    const lines = stderr.trim().split('\n')
    expect(lines).toHaveLength(2)
    expect(stderr).toMatch(/plumbline: \S+plumbline\.yaml:\d+ prots: unknown key; did you mean ports\?/)
    expect(stderr).toMatch(/plumbline: \S+plumbline\.yaml:\d+ evaluation\.interval: expected a duration such as 5s/)
  })

  test('a configuration file that is not there', async () => {
    const { code, stderr } = await run(['start', '--config', '/nowhere/plumbline.yaml'])
    expect([code, stderr]).toEqual([2, 'plumbline: /nowhere/plumbline.yaml: cannot be read: ENOENT\n'])
  })

  test('an unknown option or role', async () => {
    expect(await run(['start', '--rol', 'api'])).toMatchObject({ code: 2 })
    const { code, stderr } = await run(['start', '--role', 'collecter'])
    expect(code).toBe(2)
    expect(stderr).toContain('Allowed choices are collector, evaluator, api')
  })

  test('a role without a ClickHouse server', async () => {
    const { code, stderr } = await run(['start', '--role', 'api'], { PLUMBLINE_CONFIG: '/dev/null' })
    expect(code).toBe(2)
    expect(stderr).toBe(
      'plumbline: clickhouse: a role alone needs a ClickHouse server: set clickhouse.url (PLUMBLINE_CLICKHOUSE_URL)\n',
    )
  })

  test('a bind address that others reach, without tokens', async () => {
    using place = workplace({ bind: '0.0.0.0' })
    const { code, stderr } = await run(['start', '--config', place.configPath])
    expect(code).toBe(2)
    expect(stderr).toContain('bind: 0.0.0.0 can be reached from other machines: set tokens, or start with --insecure')
  })
})

describe('a port that is taken is named, with the key to set', () => {
  const rows = [
    ['clickhouse', 'ports.clickhouse', 'PLUMBLINE_PORTS_CLICKHOUSE'],
    ['otlpHttp', 'ports.otlpHttp', 'PLUMBLINE_PORTS_OTLP_HTTP'],
    ['otlpGrpc', 'ports.otlpGrpc', 'PLUMBLINE_PORTS_OTLP_GRPC'],
    ['api', 'ports.api', 'PLUMBLINE_PORTS_API'],
  ] as const
  test.each(rows)('%s', async (name, key, variable) => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    using place = workplace({ ports: { otlpHttp: 0, otlpGrpc: 0, api: 0, clickhouse: 0, [name]: port } })
    const { code, stderr } = await run(['start', '--config', place.configPath])
    expect(code).toBe(1)
    expect(stderr).toContain(String(port))
    expect(stderr).toContain(key)
    expect(stderr).toContain(variable)
    other.close()
  })
})

test.each([
  ['a file', (dir: string) => `${dir}/plumbline.yaml`],
  ['a place where nothing can be made', () => '/dev/null/data'],
])('a data directory that is %s is said with the key to set', async (_what, dataDir) => {
  using place = workplace({})
  const { code, stderr } = await run(['start', '--config', place.configPath], {
    PLUMBLINE_DATA_DIR: dataDir(place.dir),
  })
  expect(code).toBe(1)
  expect(stderr).toBe(
    `plumbline: the data directory ${dataDir(place.dir)} cannot be used: a file is in its way; set dataDir (or PLUMBLINE_DATA_DIR) to another one\n`,
  )
})

test('started by an older Node, SIGTERM to it stops everything cleanly', { timeout: 60_000 }, async () => {
  using place = workplace({})
  await using running = await startWithOlderNode(place.configPath)
  expect((await fetch(`${running.addresses.api}/healthz`)).status).toBe(200)
  expect(await running.stop()).toBe(0)
  for (const address of [running.addresses.api, running.addresses.otlpHttp, running.addresses.clickhouse])
    await expect(fetch(address!)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
})

test('a signal to all of its processes at once stops it as cleanly', { timeout: 60_000 }, async () => {
  using place = workplace({})
  const running = await startAsGroup(place.configPath)
  expect(await running.stop('all')).toBe(0)
  expect(running.log()).not.toContain('starting it again')
})

test('help names every command, version is the package’s', async () => {
  const help = await run(['--help'])
  expect(help.code).toBe(0)
  for (const command of [
    'start',
    'demo',
    'validate',
    'suggest',
    'backtest',
    'explain',
    'remeasure',
    'route',
    'rehearse',
  ])
    expect(help.stdout).toContain(command)
  expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
