import { metrics } from '@opentelemetry/api'
import { required } from './environment.ts'
import { PROVIDERS } from './providers.ts'
import { serve } from './serve.ts'
import { startTelemetry } from './telemetry.ts'
import { vendorClient } from './vendor-client.ts'

// checkout: takes orders. Charges and ships through vendor clients, knows the customer from accounts, tells
// notifications; exports OTLP/protobuf.
const accountsUrl = required('ACCOUNTS_URL')
const notificationsUrl = required('NOTIFICATIONS_URL')
const stopTelemetry = startTelemetry({
  service: 'checkout',
  version: '5.12.0',
  otlpHttp: required('OTLP_HTTP'),
  encoding: 'proto',
  peers: new Map([
    [accountsUrl, 'accounts'],
    [notificationsUrl, 'notifications'],
  ]),
})
const pay = vendorClient(PROVIDERS.payment.name, required('PAYMENT_URL'))
const ship = vendorClient(PROVIDERS.shipping.name, required('SHIPPING_URL'))
const orders = metrics
  .getMeter('checkout')
  .createCounter('shop.orders', { description: 'Orders by result', unit: '{order}' })

async function ask(url: string, init?: RequestInit): Promise<boolean> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(5_000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

serve(
  {
    'POST /checkout': async (body) => {
      const { customer, amount } = JSON.parse(body) as { customer: string; amount: number }
      await ask(`${accountsUrl}/accounts/${customer}`)
      const charge = await pay('POST', '/v1/charges', '/v1/charges', { customer, amount })
      orders.add(1, { result: charge.ok ? 'paid' : 'unpaid' })
      // No payment, no order; a parcel that cannot be booked now is booked later.
      if (!charge.ok) return { status: 502, body: { error: 'payment failed' } }
      await ship('POST', '/v2/shipments', '/v2/shipments', { customer })
      await ask(`${notificationsUrl}/notifications`, { method: 'POST', body: JSON.stringify({ to: customer }) })
      return { status: 201, body: { customer } }
    },
    'GET /orders/{id}': async (_body, path) => {
      const order = path.slice(path.lastIndexOf('/') + 1)
      const parcel = await ship('GET', `/v2/shipments/${order}`, '/v2/shipments/{id}')
      return { status: 200, body: { order, parcel: parcel.ok ? parcel.value : null } }
    },
  },
  stopTelemetry,
)
