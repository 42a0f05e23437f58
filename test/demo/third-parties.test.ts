import { afterEach, expect, test } from 'vitest'
import type { Fault } from '../../deploy/demo/faults.ts'
import { misbehave } from '../../deploy/demo/faults.ts'
import { PROVIDER_IDS } from '../../deploy/demo/providers.ts'
import { startThirdParty, type ThirdParty } from '../../deploy/demo/third-parties.ts'

const running: ThirdParty[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((party) => party.stop()))
})

async function party(fault: Fault | null) {
  const started = await startThirdParty('shipping')
  running.push(started)
  await started.setFault(fault)
  return started
}

test.each(PROVIDER_IDS)('%s keeps its contract while it is healthy', async (id) => {
  const started = await startThirdParty(id)
  running.push(started)
  const response = await fetch(started.url)
  expect(response.status).toBe(200)
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(await response.json()).toBeTypeOf('object')
})

test('an expired credential is refused with 401', async () => {
  const { url } = await party({ kind: 'expired-credential' })
  const response = await fetch(url)
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toContain('invalid_token')
})

test('throttling answers 429 and says when to come back', async () => {
  const { url } = await party({ kind: 'throttle', share: 1 })
  const response = await fetch(url)
  expect(response.status).toBe(429)
  expect(response.headers.get('retry-after')).toBe('1')
})

test('a changed contract is a 200 whose body does not parse', async () => {
  const { url } = await party({ kind: 'schema-change' })
  const response = await fetch(url)
  expect(response.status).toBe(200)
  await expect(response.json()).rejects.toThrow(SyntaxError)
})

test('an outage refuses connections, and the same address answers again afterwards', async () => {
  const { url, setFault } = await party({ kind: 'outage' })
  await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  await setFault(null)
  expect((await fetch(url)).status).toBe(200)
})

test('an outage that is declared twice, or never happened, can be ended', async () => {
  const { url, setFault } = await party({ kind: 'outage' })
  await setFault({ kind: 'outage' })
  await setFault(null)
  await setFault(null)
  expect((await fetch(url)).status).toBe(200)
})

const CREEP: Fault = { kind: 'creep', toMs: 1_200, overSeconds: 120 }

test.each([
  ['nothing is slower at the start', CREEP, 0, 0, { extraMs: 0, status: null }],
  ['half way through it is half as slow', CREEP, 60, 0, { extraMs: 600, status: null }],
  ['it stays slow after the end', CREEP, 1_000, 0, { extraMs: 1_200, status: null }],
  ['a share of requests is throttled', { kind: 'throttle', share: 0.9 }, 0, 0.89, { status: 429 }],
  ['the rest is served', { kind: 'throttle', share: 0.9 }, 0, 0.9, { status: null }],
  ['server errors hit their share', { kind: 'server-error', share: 0.5 }, 0, 0.49, { status: 500 }],
  ['no fault, no harm', null, 60, 0, { status: null, extraMs: 0, changedShape: false }],
] as const)('%s', (_name, fault, elapsedSeconds, chance, expected) => {
  expect(misbehave(fault, elapsedSeconds, chance)).toMatchObject(expected)
})
