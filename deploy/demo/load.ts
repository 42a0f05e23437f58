import { required } from './environment.ts'

// Customers: a steady, bounded stream of checkouts and order pages.
const checkoutUrl = required('CHECKOUT_URL')
const requestsPerSecond = Number(required('REQUESTS_PER_SECOND'))
const MAX_OPEN = 200

let open = 0
let n = 0

async function call(url: string, init: RequestInit): Promise<void> {
  open += 1
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(15_000) })
    await response.arrayBuffer()
  } catch {
    // The services report their own failures; customers just try something else.
  } finally {
    open -= 1
  }
}

const timer = setInterval(() => {
  if (open >= MAX_OPEN) return
  n += 1
  if (n % 2 === 0) void call(`${checkoutUrl}/orders/${100_000 + n}`, {})
  else
    void call(`${checkoutUrl}/checkout`, {
      method: 'POST',
      body: JSON.stringify({ customer: `u_${10_000 + (n % 500)}`, amount: 1999 }),
    })
}, 1000 / requestsPerSecond)

const stop = () => {
  clearInterval(timer)
  process.exit(0)
}
process.once('SIGTERM', stop).once('disconnect', stop)
process.on('SIGINT', () => {})
process.send?.({ ready: '' })
