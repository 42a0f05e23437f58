import { expect, test } from 'vitest'
import { connect, embeddedServer } from '../../storage/client.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { NOW, seededApp } from './seeded-app.ts'

test('a store with its whole schema is ready', async () => {
  await using app = await seededApp()
  const { status, body } = await app.get('/readyz')
  expect([status, body]).toEqual([200, { ready: true, missing: [], invalidSloCount: 0 }])
})

test('a schema file that was not applied is named', async () => {
  await using app = await seededApp()
  await app.db.command({ query: `TRUNCATE TABLE schema_migrations` })
  await app.db.insert({
    table: 'schema_migrations',
    values: [{ name: '001_telemetry.sql', checksum: 'x' }],
    format: 'JSONEachRow',
  })
  const { status, body } = await app.get('/readyz')
  expect(status).toBe(503)
  expect(body.ready).toBe(false)
  expect(body.missing.join()).toContain('002_calls.sql is not applied')
  expect(body.missing.join()).not.toContain('001_telemetry.sql')
})

test('an empty database misses everything', async () => {
  await using app = await seededApp()
  await app.db.command({ query: `DROP TABLE schema_migrations SYNC` })
  const { status, body } = await app.get('/readyz')
  expect(status).toBe(503)
  expect(body.missing.join()).toContain('001_telemetry.sql')
})

test('without the store the process is alive, not ready, and tells when to ask again', async () => {
  const away = connect(embeddedServer('http://127.0.0.1:1'))
  await using app = await seededApp({ db: away })
  expect((await app.get('/healthz')).status).toBe(200)
  const ready = await app.get('/readyz')
  expect([ready.status, ready.body]).toEqual([
    503,
    { ready: false, missing: ['ClickHouse does not answer'], invalidSloCount: 0 },
  ])
  for (const path of ['/api/v1/slos', '/api/v1/slos/a', '/api/v1/incidents', '/api/v1/dependencies']) {
    const { status, headers, body } = await app.get(path)
    expect([path, status]).toEqual([path, 503])
    expect(headers.get('retry-after')).toBe('5')
    expect(body).toMatchObject({ type: 'urn:plumbline:problem:store-unavailable', status: 503 })
  }
  await away.close()
})

test('an SLO that cannot be judged is counted, and named only where no tokens keep its name', async () => {
  const token = { name: 'reader', token: 'a-token-of-thirty-two-characters', scopes: ['read' as const] }
  const problem = {
    severity: 'error' as const,
    layer: 'schema' as const,
    code: 'required',
    file: 'a.yaml',
    line: 3,
    path: 'spec',
    message: 'is required',
  }
  for (const tokens of [[], [token]]) {
    await using app = await seededApp({ config: { bind: '127.0.0.1', publicUrl: undefined, tokens } })
    await recordDefinitions(
      app.db,
      [{ name: 'broken', state: 'invalid', slo: null, problems: [problem], source: 'a.yaml' }],
      NOW,
    )
    const { status, body, text } = await app.get('/readyz')
    expect([status, body.ready, body.invalidSloCount]).toEqual([200, true, 1])
    expect(text.includes('broken')).toBe(tokens.length === 0)
  }
})
