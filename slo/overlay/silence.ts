import { type Labels, type Matcher, matchesAll } from './matchers.ts'

/** Whoever it matches is not told between start and end; what is true does not change. */
export interface Silence {
  id: string
  matchers: readonly Matcher[]
  startsAt: Date
  /** Ending it early moves this. */
  endsAt: Date
  createdBy: string
  comment: string
  createdAt: Date
}

export const SILENCE_STATES = ['pending', 'active', 'expired'] as const
export type SilenceState = (typeof SILENCE_STATES)[number]

const DAY_MS = 86_400_000

/** A silence may last this long; who needs longer renews it. */
export const MAX_SILENCE_DAYS = 30

export function silenceState({ startsAt, endsAt }: Pick<Silence, 'startsAt' | 'endsAt'>, at: Date): SilenceState {
  if (at >= endsAt) return 'expired'
  return at < startsAt ? 'pending' : 'active'
}

/** The silence that mutes an alert with these labels at an instant: of several the one that lasts longest. */
export function silencedBy(silences: readonly Silence[], labels: Labels, at: Date): Silence | null {
  let longest: Silence | null = null
  for (const silence of silences) {
    if (longest !== null && silence.endsAt <= longest.endsAt) continue
    if (silenceState(silence, at) === 'active' && matchesAll(silence.matchers, labels)) longest = silence
  }
  return longest
}

/** Why a silence cannot begin or end when it says, or null. */
export function silenceTimesFault(
  { startsAt, endsAt }: Pick<Silence, 'startsAt' | 'endsAt'>,
  now: Date,
): string | null {
  if (endsAt <= startsAt) return 'endsAt must be after startsAt'
  if (endsAt <= now) return 'endsAt is in the past: nothing would be silenced'
  if (endsAt.getTime() - Math.max(startsAt.getTime(), now.getTime()) > MAX_SILENCE_DAYS * DAY_MS)
    return `a silence lasts ${MAX_SILENCE_DAYS} days at most: choose an earlier endsAt and renew it, or fix the alert`
  return null
}
