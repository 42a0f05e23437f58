import { useNow } from '../clock.ts'
import { duration, time } from '../format.ts'
import { useZone } from '../preferences.ts'

interface TimeProps {
  at: string | number
  precision?: 'second' | 'minute'
}

/** A moment with its zone: `14:03 UTC`. */
export function Time({ at, precision = 'minute' }: TimeProps) {
  const zone = useZone()
  const now = useNow()
  const moment = new Date(at)
  return <time dateTime={moment.toISOString()}>{time(moment.getTime(), now, zone, precision)}</time>
}

/** How long ago: `23 min`. */
export function Age({ since }: { since: string | number }) {
  return <span class="number">{duration(useNow() - new Date(since).getTime())}</span>
}
