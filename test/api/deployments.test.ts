import { afterAll, beforeAll, expect, test } from 'vitest'
import { minutesAgo, NOW, seededApp } from './seeded-app.ts'

let app: Awaited<ReturnType<typeof seededApp>>
beforeAll(async () => {
  app = await seededApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const report = (deployment: unknown) =>
  app.get('/api/v1/deployments', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(deployment),
  })

test('a deployment is reported, and reported again when it is done', async () => {
  const started = await report({ id: 'run-42', service: 'checkout', env: 'prod', version: '1.5.0', status: 'started' })
  expect(started.status).toBe(201)
  expect(started.body).toMatchObject({ at: NOW.toISOString(), author: 'somebody', source: 'api' })
  await report({ id: 'run-42', service: 'checkout', env: 'prod', version: '1.5.0', at: NOW.toISOString() })
  const { body } = await app.get('/api/v1/deployments')
  expect(body.items).toMatchObject([{ id: 'run-42', status: 'succeeded', version: '1.5.0' }])
})

test('they are listed newest first, of one service and some time', async () => {
  await report({ id: 'old', service: 'checkout', version: '1.4.0', at: minutesAgo(60).toISOString() })
  await report({ id: 'other', service: 'cart', version: '7', at: minutesAgo(30).toISOString() })
  const idsOf = async (query: string) =>
    (await app.get(`/api/v1/deployments${query}`)).body.items.map(({ id }: { id: string }) => id)
  expect(await idsOf('')).toEqual(['run-42', 'other', 'old'])
  expect(await idsOf('?service=checkout')).toEqual(['run-42', 'old'])
  expect(await idsOf(`?to=${minutesAgo(10).toISOString()}`)).toEqual(['other', 'old'])
  expect(await idsOf(`?from=${minutesAgo(40).toISOString()}&to=${minutesAgo(10).toISOString()}`)).toEqual(['other'])
  expect(await idsOf('?env=prod')).toEqual(['run-42'])
  expect(await idsOf('?limit=1')).toEqual(['run-42'])
})

test.each([
  ['without version', { service: 'checkout' }],
  ['with a link that is none', { service: 'checkout', version: '1', url: 'javascript:alert(1)' }],
  ['with an unknown status', { service: 'checkout', version: '1', status: 'maybe' }],
])('one %s is refused', async (_, deployment) => {
  expect((await report(deployment)).status).toBe(400)
})
