import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { DefinitionChange } from '../../slo/reconcile.ts'
import { readAudit } from '../../storage/audit-log.ts'
import { readDefinitions, recordDefinitions } from '../../storage/slo-definitions.ts'
import { SLO_TEXT } from '../slo/openslo/text.ts'
import { NOW, seededApp, slo } from './seeded-app.ts'

const WRITER = { name: 'deployer', token: 'writer-token-0123456789', scopes: ['read' as const, 'write' as const] }
const READER = { name: 'grafana', token: 'reader-token-0123456789', scopes: ['read' as const] }

/** The clock moves on with every request, as changes are told apart by their time. */
let now = NOW.getTime()
function later(): Date {
  now += 1_000
  return new Date(now)
}
let app: Awaited<ReturnType<typeof seededApp>>
beforeAll(async () => {
  const config = { bind: '127.0.0.1', publicUrl: undefined, tokens: [WRITER, READER] }
  app = await seededApp({ config, clock: later })
})
afterAll(() => app[Symbol.asyncDispose]())

async function send(
  method: string,
  path: string,
  { body, type = 'application/yaml', token = WRITER.token }: { body?: string; type?: string; token?: string } = {},
) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': type }
  return app.get(`/api/v1/slos${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
}
const inForce = async () =>
  (await readDefinitions(app.db)).map(({ name, state, source, slo: one }) => ({
    name,
    state,
    source,
    targetPpm: one?.objective.targetPpm,
  }))

afterEach(async () => {
  const left = await readDefinitions(app.db)
  const removals = left.map(({ name, source }): DefinitionChange => ({ name, state: 'removed', source }))
  await recordDefinitions(app.db, removals, later())
})

describe('PUT /slos/{slo}', () => {
  test('a document is in force, and its status is told', async () => {
    const { status, body } = await send('PUT', '/pay', { body: SLO_TEXT })
    expect([status, body]).toEqual([201, { items: [{ name: 'pay', change: 'created' }], warnings: [] }])
    expect(await inForce()).toEqual([{ name: 'pay', state: 'active', source: 'api', targetPpm: 999_000 }])
    const one = await send('GET', '/pay')
    expect(one.body).toMatchObject({ name: 'pay', source: 'api', refused: false })
  })

  test('the same document again changes nothing, another one replaces it', async () => {
    await send('PUT', '/pay', { body: SLO_TEXT })
    const again = await send('PUT', '/pay', { body: `# a comment\n${SLO_TEXT}` })
    expect([again.status, again.body.items]).toEqual([200, [{ name: 'pay', change: 'unchanged' }]])
    const other = await send('PUT', '/pay', { body: SLO_TEXT.replace('0.999', '0.99') })
    expect([other.status, other.body.items]).toEqual([200, [{ name: 'pay', change: 'replaced' }]])
    expect(await inForce()).toMatchObject([{ name: 'pay', targetPpm: 990_000 }])
  })

  test('JSON, with the SLI it refers to beside it', async () => {
    const calls = { source: 'calls', dependency: 'stripe' }
    const metric = (spec: object) => ({ metricSource: { type: 'plumbline', spec } })
    const ratioMetric = { bad: metric({ ...calls, outcome: 'timeout' }), total: metric(calls) }
    const documents = [
      { apiVersion: 'openslo/v1', kind: 'SLI', metadata: { name: 'answers' }, spec: { ratioMetric } },
      {
        apiVersion: 'openslo/v1',
        kind: 'SLO',
        metadata: { name: 'pay' },
        spec: {
          service: 'checkout',
          indicatorRef: 'answers',
          timeWindow: [{ duration: '30d', isRolling: true }],
          budgetingMethod: 'Occurrences',
          objectives: [{ target: 0.99 }],
        },
      },
    ]
    const { status } = await send('PUT', '/pay', { body: JSON.stringify(documents), type: 'application/json' })
    expect(status).toBe(201)
    expect(await inForce()).toMatchObject([{ name: 'pay', targetPpm: 990_000 }])
  })

  test('several objectives come and go with their document', async () => {
    const two = `${SLO_TEXT}    - displayName: Mostly\n      target: 0.95\n`
    expect((await send('PUT', '/pay', { body: two })).body.items).toEqual([
      { name: 'pay', change: 'created' },
      { name: 'pay:mostly', change: 'created' },
    ])
    expect((await send('PUT', '/pay', { body: SLO_TEXT })).body.items).toEqual([
      // It is called `pay` again, no longer `pay: answers`.
      { name: 'pay', change: 'replaced' },
      { name: 'pay:mostly', change: 'removed' },
    ])
    expect(await inForce()).toMatchObject([{ name: 'pay' }])
  })

  const refusals: [name: string, body: string, error: object][] = [
    [
      'a target of 100 %',
      SLO_TEXT.replace('0.999', '1'),
      { path: 'spec.objectives[0].target', code: 'less_than', line: 31 },
    ],
    ['no YAML', 'a: [1, 2\nb: 3', { path: '', code: 'yaml_syntax', line: 2 }],
    [
      'a metric of another system',
      SLO_TEXT.replace('plumbline', 'Prometheus'),
      { code: 'unsupported_source', line: 14 },
    ],
    [
      'an SLI that is not in the body',
      SLO_TEXT.replace(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  indicatorRef: gone\n  timeWindow'),
      { path: 'spec.indicatorRef', code: 'ref_not_found', line: 7 },
    ],
  ]
  test.each(refusals)('%s is refused, and what was in force stays', async (_, body, error) => {
    await send('PUT', '/pay', { body: SLO_TEXT })
    const refused = await send('PUT', '/pay', { body })
    expect(refused.status).toBe(422)
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(refused.body).toMatchObject({ type: 'urn:plumbline:problem:invalid-document', errors: [error] })
    expect(await inForce()).toMatchObject([{ name: 'pay', state: 'active', targetPpm: 999_000 }])
  })

  test.each([
    ['another name', '/other', SLO_TEXT, 'it has pay'],
    ['two SLOs', '/pay', `${SLO_TEXT}---\n${SLO_TEXT.replace('name: pay\n', 'name: second\n')}`, 'it has second'],
    ['no SLO', '/pay', 'apiVersion: openslo/v1\nkind: Service\nmetadata: { name: a }\n', 'it has none'],
    ['nothing', '/pay', '', 'it has none'],
  ])('a body with %s is refused', async (_, path, body, detail) => {
    const refused = await send('PUT', path, { body })
    expect(refused.status).toBe(422)
    expect(refused.body.detail).toContain(detail)
    expect(await inForce()).toEqual([])
  })

  test('what a file keeps is left to the file', async () => {
    const kept = slo('pay')
    const place = { name: 'pay', state: 'active' as const, problems: [], source: 'file:slos/pay.yaml' }
    await recordDefinitions(app.db, [{ ...place, slo: kept }], new Date(now))
    for (const method of ['PUT', 'DELETE']) {
      const { status, body } = await send(method, '/pay', method === 'PUT' ? { body: SLO_TEXT } : {})
      expect([status, body.detail]).toEqual([409, 'pay is kept in slos/pay.yaml, and files win: change it there'])
    }
    expect(await inForce()).toMatchObject([{ source: 'file:slos/pay.yaml' }])
  })

  test('it wants the scope write, and a body it can read', async () => {
    expect((await send('PUT', '/pay', { body: SLO_TEXT, token: READER.token })).status).toBe(403)
    expect((await send('PUT', '/pay', { body: SLO_TEXT, token: 'nobody-knows-this-one' })).status).toBe(401)
    expect((await send('PUT', '/pay', { body: SLO_TEXT, type: 'image/png' })).status).toBe(415)
    expect((await send('PUT', '/pay', { body: '#'.repeat(1_000_001) })).status).toBe(413)
    expect(await inForce()).toEqual([])
  })
})

describe('DELETE /slos/{slo}', () => {
  test('takes all objectives out of force; a second time there is nothing', async () => {
    await send('PUT', '/pay', { body: `${SLO_TEXT}    - displayName: Mostly\n      target: 0.95\n` })
    const removed = await send('DELETE', '/pay')
    expect([removed.status, removed.body.items]).toEqual([
      200,
      [
        { name: 'pay', change: 'removed' },
        { name: 'pay:mostly', change: 'removed' },
      ],
    ])
    expect(await inForce()).toEqual([])
    expect((await send('DELETE', '/pay')).status).toBe(404)
  })
})

test('who changed what is kept; what changed nothing is not', async () => {
  const since = new Date(now)
  await send('PUT', '/audited', { body: SLO_TEXT.replace('name: pay\n', 'name: audited\n') })
  await send('PUT', '/audited', { body: SLO_TEXT.replace('name: pay\n', 'name: audited\n') })
  await send('DELETE', '/audited')
  const entries = await readAudit(app.db, { target: 'audited', since })
  expect(entries.map(({ action, author, token }) => ({ action, author, token }))).toEqual([
    { action: 'slo.delete', author: 'deployer', token: 'deployer' },
    { action: 'slo.put', author: 'deployer', token: 'deployer' },
  ])
})

describe('POST /slos/validate', () => {
  const validate = (body: string, query = '') => send('POST', `/validate${query}`, { body, token: READER.token })

  test('tells the verdict on every document, and stores nothing', async () => {
    const wrong = SLO_TEXT.replace('name: pay\n', 'name: Pay\n').replace('0.999', '1')
    const { status, body } = await validate(`${SLO_TEXT}---\n${wrong}`)
    expect(status).toBe(200)
    expect(body).toEqual({
      documents: [
        { file: 'body', index: 0, kind: 'SLO', name: 'pay', valid: true, errors: [], warnings: [] },
        {
          file: 'body',
          index: 1,
          kind: 'SLO',
          name: 'Pay',
          valid: false,
          errors: [
            {
              path: 'spec.objectives[0].target',
              code: 'less_than',
              message: 'must be less than 1: 100 % leaves no error budget; at most 0.999999 can be promised',
              line: 63,
            },
          ],
          warnings: [expect.objectContaining({ path: 'metadata.name', code: 'string_dns_label', line: 36 })],
        },
      ],
    })
    expect(await inForce()).toEqual([])
  })

  test('strictly, what the official validator refuses is refused', async () => {
    const text = SLO_TEXT.replace('target: 0.999', 'target: 0.999\n      op: gt')
    const [lenient, strict] = [await validate(text), await validate(text, '?strict=true')]
    expect(lenient.body.documents[0]).toMatchObject({ valid: true, warnings: [{ code: 'ignored_on_ratio' }] })
    expect(strict.body.documents[0]).toMatchObject({ valid: false, errors: [{ code: 'forbidden' }], warnings: [] })
  })

  test('a text that cannot be read is one invalid document', async () => {
    const { body } = await validate('a: [1\nb')
    expect(body.documents).toMatchObject([{ kind: null, name: null, valid: false, errors: [{ code: 'yaml_syntax' }] }])
  })
})
