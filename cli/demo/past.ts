import { PROVIDER_IDS, type ProviderId } from '../../deploy/demo/providers.ts'
import { pastCheckout, pastOrder } from './past-request.ts'
import { randomFrom } from './random.ts'

/** A span that a demo service would have sent at the time. */
export interface PastSpan {
  service: 'checkout' | 'accounts' | 'notifications'
  version: string
  kind: 'server' | 'client'
  name: string
  traceId: string
  spanId: string
  parentSpanId: string | null
  startMs: number
  endMs: number
  failed: boolean
  attributes: Record<string, string | number>
}

/** Where trouble can come from: a third party, or checkout itself. */
export type Origin = ProviderId | 'checkout'

/** What a call met: an error status (null: a good answer) and how much slower it was. */
export interface Effect {
  status: number | null
  slowerMs: number
}

/** A past trouble: for some minutes a share of the calls went wrong in one way. */
interface Wobble {
  at: Origin
  /** When it began, in minutes before the end of the history. */
  minutesAgo: number
  minutes: number
  share: number
  effect: Effect
}

const failing = (status: number): Effect => ({ status, slowerMs: 0 })

/**
 * Each leaves a budget about a third spent: visible, and below the half of which somebody is told. All lie in the
 * older half of the two hours, and history is sent newest first, so that this holds at every moment on the way.
 */
const WOBBLES: readonly Wobble[] = [
  { at: 'payment', minutesAgo: 92, minutes: 3, share: 0.009, effect: failing(500) },
  { at: 'payment', minutesAgo: 110, minutes: 8, share: 0.04, effect: { status: null, slowerMs: 400 } },
  { at: 'identity', minutesAgo: 80, minutes: 2, share: 0.016, effect: failing(401) },
  { at: 'shipping', minutesAgo: 88, minutes: 6, share: 0.028, effect: failing(503) },
  { at: 'email', minutesAgo: 98, minutes: 10, share: 0.035, effect: failing(429) },
  { at: 'checkout', minutesAgo: 104, minutes: 5, share: 0.018, effect: failing(500) },
]

const DEPLOYED_MINUTES_AGO = 50
/** The last trace of a minute still ends before the minute does. */
const LAST_START_MS = 57_000

export interface PastOptions {
  /** End of the history, exclusive. */
  to: Date
  /** Half of the requests are checkouts, half look at an order. */
  requestsPerSecond: number
  seed: number
}

/**
 * The spans of one past minute: `minutesAgo` = 1 is the last one before `to`. The same options give the same spans;
 * minutes do not depend on each other, so they can be made in any order.
 */
export function pastMinute({ to, requestsPerSecond, seed }: PastOptions, minutesAgo: number): PastSpan[] {
  const random = randomFrom(seed + minutesAgo * 7_919)
  const minuteMs = to.getTime() - minutesAgo * 60_000
  const requests = Math.round(60 * requestsPerSecond * dailyShape(minuteMs))
  const request = {
    random,
    meet: troubles(minutesAgo),
    version: minutesAgo > DEPLOYED_MINUTES_AGO ? '5.11.2' : '5.12.0',
  }
  return Array.from({ length: requests }, (_, n) => {
    const startMs = minuteMs + (n / requests) * LAST_START_MS
    return n % 2 === 0 ? pastCheckout(request, startMs) : pastOrder(request, startMs)
  }).flat()
}

/** Traffic is never quite flat: ± 10 % with a period of 40 minutes. */
const dailyShape = (ms: number) => 1 + 0.1 * Math.sin((2 * Math.PI * ms) / 2_400_000)

/** One stray server error per third party every so many minutes, at different minutes. */
const STRAY_EVERY_MINUTES = 30

/**
 * What each call of a minute meets. Shares are met by counting, not by chance, so that a budget is spent as planned:
 * a call is hit when the shares of the calls before it have added up to one.
 */
function troubles(minutesAgo: number): (at: Origin) => Effect {
  const owed = WOBBLES.filter((w) => minutesAgo <= w.minutesAgo && minutesAgo > w.minutesAgo - w.minutes).map(
    (wobble) => ({ ...wobble, sum: 0.5 }),
  )
  for (const [n, at] of PROVIDER_IDS.entries()) {
    if (minutesAgo % STRAY_EVERY_MINUTES === n + 3) {
      owed.push({ at, minutesAgo, minutes: 1, share: 0, effect: failing(500), sum: 1 })
    }
  }
  return (at) => {
    for (const wobble of owed) {
      if (wobble.at !== at) continue
      wobble.sum += wobble.share
      if (wobble.sum < 1) continue
      wobble.sum -= 1
      return wobble.effect
    }
    return { status: null, slowerMs: 0 }
  }
}
