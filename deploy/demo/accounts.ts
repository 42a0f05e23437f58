import http from 'node:http'
import { required } from './environment.ts'
import { PROVIDERS } from './providers.ts'
import { serve } from './serve.ts'
import { startTelemetry } from './telemetry.ts'

// accounts: who is the customer? Asks the identity provider through plain node:http; exports OTLP/JSON.
const identityUrl = required('IDENTITY_URL')
const stopTelemetry = startTelemetry({
  service: 'accounts',
  version: '3.4.1',
  otlpHttp: required('OTLP_HTTP'),
  encoding: 'json',
  peers: new Map([[identityUrl, PROVIDERS.identity.name]]),
})

function verify(customer: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get(`${identityUrl}/v1/identities/${customer}`, { timeout: 2_000 }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 200))
    })
    request.once('timeout', () => request.destroy(new Error('identity check timed out')))
    request.once('error', () => resolve(false))
  })
}

serve(
  {
    // Without the identity provider customers go on as guests: degraded, not down.
    'GET /accounts/{id}': async (_body, path) => {
      const customer = path.slice(path.lastIndexOf('/') + 1)
      return { status: 200, body: { customer, guest: !(await verify(customer)) } }
    },
  },
  stopTelemetry,
)
