import { routeFor } from '../../slo/overlay/route.ts'
import type { Delivery } from '../deliver/delivery.ts'
import { type PlainMessage, plainNotification } from '../deliver/plain-notification.ts'
import type { Reminder } from './reminders.ts'

type Telling = Pick<Delivery, 'outbox' | 'addressees' | 'routes' | 'publicUrl'>

const PREFIX = 'reminder_'
const DAY_MS = 86_400_000

/**
 * Tells reminders to the endpoints of a route that asks for `severity: info`; without such a route nobody is
 * told beyond the log. A reminder is no alert: as soon as it arrived it is over.
 */
export async function tellReminders(
  { outbox, addressees, routes, publicUrl }: Telling,
  reminders: readonly Reminder[],
  now: Date,
): Promise<void> {
  const begun = reminders.flatMap((reminder) =>
    endpointsOf(routes, reminder).map((endpoint) => messageOf(reminder, endpoint, now)),
  )
  const over = outbox
    .streams(PREFIX)
    .filter(({ isIdle }) => isIdle)
    .map(({ endpoint, incident, last }): PlainMessage => {
      const sequence = last.sequence + 1
      return {
        ...wordsOf(incident),
        endpoint,
        incident,
        sequence,
        event: 'resolved',
        reason: 'resolved',
        startedAt: last.createdAt,
      }
    })
  const messages = [...begun, ...over].map((message) => plainNotification(message, addressees, publicUrl, now))
  if (messages.length > 0) await outbox.enqueue(messages, now)
}

/** Only a route that names the severity means it: one for everything is there to be woken. */
function endpointsOf(routes: Telling['routes'], { author }: Reminder): readonly string[] {
  const labels = { severity: 'info', alertname: 'PlumblineSelf', service: 'plumbline', owner: author }
  const { path, endpoints } = routeFor(routes, labels)
  return path.some(({ matchers }) => /\bseverity[=!]/.test(matchers)) ? endpoints : []
}

function messageOf({ id, kind, text }: Reminder, endpoint: string, now: Date): PlainMessage {
  // The same reminder of the same day is one message, also when it was cut off before it was remembered.
  const incident = `${PREFIX}${kind}_${id}@${Math.floor(now.getTime() / DAY_MS)}`
  const message = { endpoint, incident, sequence: 1, event: 'firing', startedAt: now } as const
  return { ...wordsOf(incident), ...message, description: text }
}

/** What a reminder says at its beginning and its end alike, from its name. */
function wordsOf(incident: string): Omit<PlainMessage, 'endpoint' | 'incident' | 'sequence' | 'event' | 'startedAt'> {
  const [, kind = '', id = ''] = /^reminder_([a-z]+_[a-z]+)_(.+)@\d+$/.exec(incident) ?? []
  return {
    reason: 'first',
    severity: 'ticket',
    alertname: 'PlumblineSelf',
    summary: SAYS[kind] ?? 'a silence wants attention',
    description: 'its author was reminded',
    firstStep: 'look at the page of silences',
    forWhom: 'whoever would hear of what is muted',
    labels: { kind, id },
  }
}

const SAYS: Record<string, string> = {
  outlives_week: 'a silence still mutes something after a week',
  ends_soon: 'a silence ends within a day and mutes something',
  matched_nothing: 'a silence muted nothing for a week',
  review_due: 'a maintenance window is to be looked at again',
}
