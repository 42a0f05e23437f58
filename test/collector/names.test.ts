import { expect, test } from 'vitest'
import { traceBody } from './builders.ts'
import { rowsOfBody, spanRows } from './read-rows.ts'

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
