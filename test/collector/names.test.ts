import { expect, test } from 'vitest'
import { LIMITS } from '../../integration/source-names.ts'
import { asBody, hexOf, metricsJson, T0_NS, traceBody } from './builders.ts'
import { rowsOfBody, spanRows } from './read-rows.ts'
import { collectorUnderTest, JSON_TYPE } from './under-test.ts'

test('names that become labels are plain when they are stored', () => {
  const body = traceBody(
    [
      {
        name: 'x\u001b[1m',
        attributes: {
          'http.request.method': 'GET',
          'http.route': '/a\r\nb',
          'server.address': 'x',
          'service.peer.name': 'pay\u202e\u200bments\u009b',
          'error.type': 'Time\nout',
        },
      },
    ],
    {
      'service.name': 'check\u200bout\r\nevil: 1',
      'deployment.environment.name': '\u001b[31mprod',
      'service.version': '1.0\u0000',
      'cloud.region': '\u2066eu\u2069',
    },
  )
  const { calls, spans } = rowsOfBody(spanRows(), body)
  expect(calls[0]).toMatchObject({
    service: 'checkout evil: 1',
    env: '[31mprod',
    version: '1.0',
    region: 'eu',
    dependency: 'payments',
    errorType: 'Time out',
  })
  expect(calls[0]?.operation).not.toMatch(/[\p{Cc}]/u)
  expect(spans[0]?.service).toBe('checkout evil: 1')
})

test('a name of nothing but unseen characters is none', () => {
  const body = traceBody([{ attributes: { 'peer.service': 'acme' } }], { 'service.name': '\u200b\u0000' })
  const { calls, spans } = rowsOfBody(spanRows(), body)
  expect([calls[0]?.service, spans[0]?.service]).toEqual(['unknown_service', 'unknown_service'])
})

test('4,000 invented services, environments, versions and regions end in _overflow', () => {
  const write = spanRows()
  let spans = 0
  const many = (nameOf: (n: number) => Record<string, string>) => {
    const bodies = Array.from({ length: 4_000 }, (_, n) =>
      traceBody([{ spanId: hexOf(++spans, 8), attributes: { 'peer.service': 'acme' } }], {
        'service.name': 'shop',
        ...nameOf(n),
      }),
    )
    return rowsOfBody(write, Buffer.concat(bodies)).calls
  }
  const distinct = (names: string[]) => new Set(names).size
  const services = many((n) => ({ 'service.name': `invented-${n}` }))
  expect(distinct(services.map(({ service }) => service))).toBe(LIMITS.service + 1)
  expect(services.at(-1)?.service).toBe('_overflow')
  expect(distinct(many((n) => ({ 'deployment.environment.name': `e${n}` })).map(({ env }) => env))).toBeLessThanOrEqual(
    LIMITS.env + 1,
  )
  expect(distinct(many((n) => ({ 'cloud.region': `r${n}` })).map(({ region }) => region))).toBe(LIMITS.region + 1)
})

test('what is beyond a cap is counted by kind', async () => {
  await using collector = await collectorUnderTest()
  const resources = Array.from({ length: LIMITS.env + 5 }, (_, n) =>
    traceBody([{ spanId: hexOf(n + 1, 8), attributes: { 'peer.service': 'acme' } }], {
      'deployment.environment.name': `e${n}`,
    }),
  )
  expect((await collector.post(Buffer.concat(resources))).status).toBe(200)
  expect(await collector.registry.metrics()).toContain('plumbline_calls_beyond_name_cap_total{kind="env"} 5')
})

test('metrics with invented names are refused once there are too many, those known before are not', async () => {
  await using collector = await collectorUnderTest()
  const gauge = (name: string) => ({ name, gauge: { dataPoints: [{ timeUnixNano: String(T0_NS), asDouble: 1 }] } })
  const send = async (names: string[]) => {
    const reply = await collector.post(asBody(metricsJson(names.map(gauge))), { path: '/v1/metrics', type: JSON_TYPE })
    return (reply.json() as { partialSuccess?: { rejectedDataPoints?: string; errorMessage: string } }).partialSuccess
  }
  await send(['known'])
  const invented = Array.from({ length: LIMITS.metric + 9 }, (_, n) => `m${n}`)
  expect(await send(invented)).toMatchObject({
    rejectedDataPoints: '10',
    errorMessage: expect.stringMatching(/more different names than are stored.*attribute/),
  })
  expect(await send(['known', 'm1', 'one.more'])).toMatchObject({ rejectedDataPoints: '1' })
})
