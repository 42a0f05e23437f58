import type { Fault } from '../../deploy/demo/faults.ts'
import type { ProviderId } from '../../deploy/demo/providers.ts'

/** One act of the demo: from now on these third parties misbehave so, all others are healthy. */
export interface Step {
  title: string
  /** What the person at the screen should look at. */
  look: string
  seconds: number
  faults: Partial<Record<ProviderId, Fault>>
}

const calm = (look: string, seconds = 60): Step => ({
  title: 'all third parties are healthy',
  look,
  seconds,
  faults: {},
})

/** Played in order, again and again: every failure mode a page or a board should be seen with. */
export const SCRIPT: readonly Step[] = [
  calm('the SLO list: every budget is partly spent by the past two hours', 20),
  {
    title: 'trusty-id rejects our credential: every identity check answers 401',
    look: 'accounts-identity-auth pages within a minute; the fault is ours (owner: us), customers go on as guests',
    seconds: 100,
    faults: { identity: { kind: 'expired-credential' } },
  },
  calm('the page stays until the short window is clear'),
  {
    title: 'post-wing throttles us: nine of ten mails answer 429',
    look: 'notifications-email-delivery opens a ticket, not a page; dependency post-wing shows throttled calls',
    seconds: 100,
    faults: { email: { kind: 'throttle', share: 0.9 } },
  },
  calm('the ticket stays open: the budget is spent'),
  {
    title: 'acme-pay gets slower with every second, and still answers',
    look: 'checkout-payment-latency burns while checkout-payment-availability does not; P95 climbs past 300 ms',
    seconds: 150,
    faults: { payment: { kind: 'creep', toMs: 1_200, overSeconds: 120 } },
  },
  calm('latency falls back'),
  {
    title: 'swift-parcel changed its contract: 200, and a body that does not parse',
    look: 'checkout-shipping-availability; outcome schema, status 200: no status code gives it away',
    seconds: 100,
    faults: { shipping: { kind: 'schema-change' } },
  },
  calm('parcels are booked again'),
  {
    title: 'acme-pay is down: connections are refused',
    look: 'two SLOs page for one cause: checkout-payment-availability and checkout-availability; retries double the attempts',
    seconds: 120,
    faults: { payment: { kind: 'outage' } },
  },
  // A page of the tier 6h/30m ends once half an hour is clean, and stays clean for `keepFiring`.
  calm('recovery: burn rates of the short windows fall first; after 35 minutes the pages resolve', 2_280),
]
