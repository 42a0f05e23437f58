import { useNow } from '../clock.ts'
import { useConnection } from '../live.ts'
import { Age, Time } from './time.tsx'

/** Beyond this age alerts freeze, so the screen must not look current either. */
const STALE_AFTER_MS = 3 * 60_000

/** The oldest watermark: data of everything shown is complete up to here. */
export const oldestWatermark = (all: readonly { freshness: { watermark: string | null } }[]): string | null =>
  all
    .map(({ freshness }) => freshness.watermark)
    .reduce((a, b) => (a === null || b === null || b < a ? b : a), all[0]?.freshness.watermark ?? null)

export function useStale(watermark: string | null): boolean {
  const now = useNow()
  return watermark !== null && now - Date.parse(watermark) > STALE_AFTER_MS
}

/** `Data complete to 14:03:20 UTC, 12 s ago`. */
export function FreshnessLine({
  watermark,
  children,
}: {
  watermark: string | null
  children?: preact.ComponentChildren
}) {
  return (
    <p class="freshness">
      {watermark === null ? (
        <span>No telemetry has arrived yet</span>
      ) : (
        <span>
          Data complete to <Time at={watermark} precision="second" />, <Age since={watermark} /> ago
        </span>
      )}
      {children}
    </p>
  )
}

/** Says in words that the numbers are old; they stay, in grey. */
export function StaleBanner({ watermark }: { watermark: string | null }) {
  const stale = useStale(watermark)
  if (!stale || watermark === null) return null
  return (
    <p class="banner banner-degraded" role="alert">
      <span>
        <strong>
          Blind for <Age since={watermark} />.
        </strong>{' '}
        No complete data after <Time at={watermark} precision="second" />: the numbers below are from then, and alerts
        are frozen. Check that services still export, and that the collector runs.
      </span>
    </p>
  )
}

export function ConnectionBanner() {
  const { lostSince, lastAnswerAt } = useConnection()
  if (lostSince === null) return null
  return (
    <p class="banner banner-failing" role="alert">
      <span>
        <strong>Connection lost.</strong> Plumbline has not answered for <Age since={lastAnswerAt ?? lostSince} />; what
        you see is older than that. Trying again every 5 s.
      </span>
    </p>
  )
}
