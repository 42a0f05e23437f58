/**
 * The third parties of the demo shop: who they are in telemetry, what is called, how long a healthy answer takes.
 * The fake servers, the services that call them and the generated history all read this table.
 */
export const PROVIDER_IDS = ['payment', 'identity', 'shipping', 'email'] as const
export type ProviderId = (typeof PROVIDER_IDS)[number]

export interface Provider {
  /** Name in `service.peer.name`, hence in every table and page. */
  name: string
  medianMs: number
  /** Spread of the log-normal latency: the 99.9th percentile is `medianMs · e^(3.09·sigma)`. */
  sigma: number
}

export const PROVIDERS: Readonly<Record<ProviderId, Provider>> = {
  payment: { name: 'acme-pay', medianMs: 90, sigma: 0.3 },
  identity: { name: 'trusty-id', medianMs: 25, sigma: 0.35 },
  shipping: { name: 'swift-parcel', medianMs: 60, sigma: 0.35 },
  email: { name: 'post-wing', medianMs: 40, sigma: 0.4 },
}

/** One in so many healthy answers is a 500 all the same: no third party is perfect. */
export const CALLS_PER_STRAY_ERROR = 5_000

/** A log-normal duration in milliseconds from two uniform numbers in (0, 1]. */
export function healthyMs({ medianMs, sigma }: Provider, u: number, v: number): number {
  const normal = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
  return medianMs * Math.exp(sigma * normal)
}
