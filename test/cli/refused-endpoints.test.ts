import { expect, test } from 'vitest'
import { refusedEndpoints } from '../../cli/refused-endpoints.ts'
import { configSchema } from '../../runtime/config-schema.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const webhook = (url: string) => ({ name: 'oncall', type: 'webhook', url, secret })
const config = (endpoint: object, egress = {}) => configSchema.parse({ endpoints: [endpoint], egress })

test.each([
  [
    'plain http',
    webhook('http://8.8.8.8/hook'),
    {},
    'plain http is not allowed: use https, or set egress.insecureHttp',
  ],
  [
    'this machine',
    webhook('https://127.0.0.1:9900/hook'),
    {},
    '127.0.0.1 is not on the public internet: add its range to egress.allow if it is meant',
  ],
  [
    'a mail server in a private network',
    {
      name: 'desk',
      type: 'email',
      smtp: { host: '10.1.2.3', port: 587, tls: false },
      from: 'plumbline@example.com',
      to: ['desk@example.com'],
    },
    {},
    '10.1.2.3 is not on the public internet: add its range to egress.allow if it is meant',
  ],
])('%s is refused before anyone is told', async (_what, endpoint, egress, reason) => {
  expect(await refusedEndpoints(config(endpoint, egress))).toEqual([{ endpoint: endpoint.name, reason }])
})

test.each([
  ['a public address', webhook('https://8.8.8.8/hook'), {}],
  ['what egress allows', webhook('http://127.0.0.1:9900/hook'), { allow: ['127.0.0.0/8'], insecureHttp: true }],
  ['a name that is not known now', webhook('https://oncall.invalid/hook'), {}],
])('%s is not', async (_what, endpoint, egress) => {
  expect(await refusedEndpoints(config(endpoint, egress))).toEqual([])
})
