import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAudit } from '../../storage/audit-log.ts'
import { recordSilences } from '../../storage/silences.ts'
import { MINUTE_MS, NOW, seededApp } from './seeded-app.ts'

const HOUR_MS = 60 * MINUTE_MS
const inHours = (hours: number) => new Date(NOW.getTime() + hours * HOUR_MS).toISOString()
const SILENCE = { matchers: ['service="checkout"'], duration: '2h', createdBy: 'ada', comment: 'provider upgrade' }

let app: Awaited<ReturnType<typeof seededApp>>
beforeAll(async () => {
  app = await seededApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const send = (method: string, path: string, body?: unknown) =>
  app.get(path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const create = (changed: Record<string, unknown> = {}) =>
  send('POST', '/api/v1/silences', JSON.parse(JSON.stringify({ ...SILENCE, ...changed })))

describe('a silence', () => {
  test('is made, read, listed, ended, and every change of it is kept', async () => {
    const made = await create()
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      state: 'active',
      matchers: [{ name: 'service', op: '=', value: 'checkout' }],
      text: 'service="checkout"',
      startsAt: NOW.toISOString(),
      endsAt: inHours(2),
      createdBy: 'ada',
      comment: 'provider upgrade',
      source: 'api',
    })
    const { id } = made.body
    expect((await app.get(`/api/v1/silences/${id}`)).body).toEqual(made.body)
    expect((await app.get('/api/v1/silences')).body.items).toEqual([made.body])

    const ended = await send('DELETE', `/api/v1/silences/${id}`)
    expect(ended.body).toMatchObject({ id, state: 'expired', endsAt: NOW.toISOString() })
    expect((await app.get('/api/v1/silences')).body.items).toEqual([])
    expect((await app.get('/api/v1/silences?state=expired')).body.items).toEqual([ended.body])

    const { items: audit } = (await app.get(`/api/v1/audit-log?target=${id}`)).body
    const byAction = Object.fromEntries(audit.map((each: { action: string }) => [each.action, each]))
    expect(Object.keys(byAction).sort()).toEqual(['silence.create', 'silence.expire'])
    expect(byAction['silence.create']).toMatchObject({
      author: 'ada',
      target: id,
      detail: { comment: SILENCE.comment },
    })
    expect((await app.get('/api/v1/audit-log?target=nobody')).body.items).toEqual([])
  })

  test('ending it twice does no harm', async () => {
    const { id } = (await create()).body
    await send('DELETE', `/api/v1/silences/${id}`)
    expect((await send('DELETE', `/api/v1/silences/${id}`)).status).toBe(200)
  })

  test('that has not begun ends before it begins', async () => {
    const { id, state } = (await create({ startsAt: inHours(1) })).body
    expect(state).toBe('pending')
    expect((await send('DELETE', `/api/v1/silences/${id}`)).body.state).toBe('expired')
  })

  test('with several matchers, as text and as objects', async () => {
    const { body } = await create({
      matchers: ['service=~"check.*"', { name: 'severity', op: '!=', value: 'page' }],
      endsAt: inHours(24),
      duration: undefined,
    })
    expect(body.text).toBe('service=~"check.*", severity!="page"')
    expect(body.endsAt).toBe(inHours(24))
  })

  test('kept in a file is not changed here', async () => {
    const filed = {
      id: 'filed',
      revision: 0,
      matchers: [{ name: 'service', op: '=', value: 'cart' } as const],
      startsAt: NOW,
      endsAt: new Date(NOW.getTime() + HOUR_MS),
      createdBy: 'ada',
      comment: 'kept in git',
      createdAt: NOW,
      source: 'overlays.yaml',
    }
    await recordSilences(app.db, [filed], NOW)
    const { status, body } = await send('DELETE', '/api/v1/silences/filed')
    expect(status).toBe(409)
    expect(body.detail).toContain('kept in overlays.yaml: change it there')
  })

  test('that never was is not found', async () => {
    expect((await app.get('/api/v1/silences/nobody')).status).toBe(404)
    expect((await send('DELETE', '/api/v1/silences/nobody')).status).toBe(404)
  })
})

test('page by page none is lost, though several end together', async () => {
  const all = (await app.get('/api/v1/silences?state=pending,active,expired')).body.items
  expect(all.length).toBeGreaterThan(3)
  const seen: unknown[] = []
  let cursor = ''
  for (;;) {
    const { body } = await app.get(`/api/v1/silences?state=pending,active,expired&limit=2${cursor}`)
    seen.push(...body.items)
    if (body.nextCursor === null) break
    cursor = `&cursor=${body.nextCursor}`
  }
  expect(seen).toEqual(all)
})

describe('a silence is refused', () => {
  const rows: [string, Record<string, unknown>, string][] = [
    ['without matchers', { matchers: undefined }, 'say which alerts'],
    ['without a reason', { comment: undefined }, 'say why'],
    ['until some day', { endsAt: 'tomorrow', duration: undefined }, 'expected an instant with its offset'],
    ['without an end', { duration: undefined }, 'say endsAt or duration'],
    ['with two ends', { endsAt: inHours(1) }, 'one of them'],
    ['without matchers', { matchers: [] }, 'json.matchers'],
    ['with quotes that are none', { matchers: ["service='checkout'"] }, 'write "checkout", in double quotes or none'],
    [
      'with a value that keeps its quotes',
      { matchers: [{ name: 'service', op: '=', value: "'checkout'" }] },
      'begins with a quotation mark',
    ],
    ['with what is no matcher', { matchers: ['checkout'] }, 'expected a matcher such as service="checkout"'],
    ['that would match everything', { matchers: ['service=~".*"'] }, 'would match everything'],
    ['with a pattern that looks around', { matchers: ['service=~"a(?=b)"'] }, 'looks around (at character 2)'],
    ['with a pattern that refers back', { matchers: ['env="prod"', String.raw`service=~"(a)\\1"`] }, 'refers back'],
    ['for longer than a month', { duration: '31d' }, '30 days at most'],
    ['that is over', { startsAt: inHours(-3) }, 'in the past'],
    ['without saying why', { comment: ' ' }, 'say why'],
    ['with a key it does not know', { until: inHours(1) }, 'until'],
  ]
  test.each(rows)('%s', async (_, changed, detail) => {
    const { status, body } = await create(changed)
    expect(status).toBe(400)
    expect(body.detail).toContain(detail)
  })
})

describe('with tokens', () => {
  const tokens = [
    { name: 'viewer', token: 'viewer-token-0123456789', scopes: ['read' as const] },
    { name: 'ops', token: 'ops-token-0123456789', scopes: ['read' as const, 'write' as const] },
  ]
  const post = (of: Awaited<ReturnType<typeof seededApp>>, token: string) =>
    of.get('/api/v1/silences', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(SILENCE),
    })

  test('changing needs the scope write, and the author is the token', async () => {
    const guarded = await seededApp({ config: { bind: '127.0.0.1', publicUrl: undefined, tokens } })
    expect((await post(guarded, 'viewer-token-0123456789')).status).toBe(403)
    const { status, body } = await post(guarded, 'ops-token-0123456789')
    expect([status, body.createdBy]).toEqual([201, 'ops'])
    expect(await readAudit(guarded.db, { actions: ['silence.create'] })).toMatchObject([
      { author: 'ops', token: 'ops', action: 'silence.create' },
    ])
    await guarded[Symbol.asyncDispose]()
  })
})
