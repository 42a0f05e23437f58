import type { Notification } from '../../storage/notifications.ts'
import type { AttemptOutcome } from './attempt-outcome.ts'
import { type Lane, type Lanes, laneKey } from './lane.ts'
import { SCHEDULE_MS, type Schedule } from './retry-schedule.ts'

/** How long an endpoint may fail before its fallback is told. */
export const PATIENCE_MS = 60_000

const concerns = ({ event, severity }: Notification) => event === 'firing' && severity === 'page'

/**
 * When the fallback of an endpoint is told of a page, after a failed attempt at the endpoint itself: at the first failure
 * for good, and after the failed attempt of the +60 s slot (`patienceMs`). An endpoint that asks to be left alone longer than that does
 * not keep its fallback waiting. Null when it is not told, or not yet.
 */
export function fallbackAfter(
  { notification, made, finishedAt }: AttemptOutcome,
  schedule: Schedule = SCHEDULE_MS,
  patienceMs: number = PATIENCE_MS,
): Date | null {
  if (!concerns(notification) || made.arrival === 'accepted') return null
  const begun = (notification.firstAttemptAt ?? made.startedAt).getTime()
  // Attempts before the first slot at which patience ends.
  const patientAttempts = schedule.page.filter((offset) => offset < patienceMs).length
  const isPatient = notification.attempts <= patientAttempts && made.startedAt.getTime() < begun + patienceMs
  if (notification.state === 'dead' || !isPatient) return finishedAt
  const jittered = 1.1 * patienceMs
  if (notification.nextAttemptAt.getTime() <= begun + jittered) return null
  return new Date(Math.max(finishedAt.getTime(), begun + patienceMs))
}

/** Whether a page waits for an endpoint that was failing before: its fallback is told at once. */
export const isHeldPage = (notification: Notification): boolean => concerns(notification) && notification.attempts === 0

/** The message on standby for a page that `lane` cannot deliver; null without one, or when the fallback knows already. */
export function standbyFor(lanes: Lanes, { incident }: Lane, fallback: string | undefined, sequence: number) {
  const lane = fallback === undefined ? undefined : lanes.get(laneKey({ endpoint: fallback, incident }))
  if (!lane) return null
  const firings = lane.notifications.filter(({ state, event }) => state === 'standby' && event === 'firing')
  const notification = firings.find((each) => firings.every((other) => other.sequence <= each.sequence))
  if (!notification || notification.sequence < sequence) return null
  const knows = lane.notifications.some((each) => each.state !== 'standby' && each.sequence >= notification.sequence)
  return knows ? null : { lane, notification }
}
