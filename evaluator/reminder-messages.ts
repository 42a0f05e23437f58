import { routeFor } from '../slo/route.ts'
import type { SilenceReminder } from '../slo/silence-reminder.ts'
import type { Delivery } from './delivery.ts'
import { type PlainMessage, plainNotification } from './plain-notification.ts'

type Telling = Pick<Delivery, 'outbox' | 'addressees' | 'routes' | 'publicUrl'>

const PREFIX = 'reminder_'
const DAY_MS = 86_400_000

/**
 * Tells reminders of silences to the endpoints of a route that asks for `severity: info`; without such a route nobody is
 * told beyond the log. A reminder is no alert: as soon as it arrived it is over.
 */
export async function tellReminders(
  { outbox, addressees, routes, publicUrl }: Telling,
  reminders: readonly SilenceReminder[],
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
function endpointsOf(routes: Telling['routes'], { silence }: SilenceReminder): readonly string[] {
  const labels = { severity: 'info', alertname: 'PlumblineSelf', service: 'plumbline', owner: silence.createdBy }
  const { path, endpoints } = routeFor(routes, labels)
  return path.some(({ matchers }) => /\bseverity[=!]/.test(matchers)) ? endpoints : []
}

function messageOf({ silence, kind, text }: SilenceReminder, endpoint: string, now: Date): PlainMessage {
  // The same reminder of the same day is one message, also when it was cut off before it was remembered.
  const incident = `${PREFIX}${kind}_${silence.id}@${Math.floor(now.getTime() / DAY_MS)}`
  const message = { endpoint, incident, sequence: 1, event: 'firing', startedAt: now } as const
  return { ...wordsOf(incident), ...message, description: text }
}

/** What a reminder says at its beginning and its end alike, from its name. */
function wordsOf(incident: string): Omit<PlainMessage, 'endpoint' | 'incident' | 'sequence' | 'event' | 'startedAt'> {
  const [, kind = '', silence = ''] = /^reminder_([a-z]+_[a-z]+)_(.+)@\d+$/.exec(incident) ?? []
  return {
    reason: 'first',
    severity: 'ticket',
    alertname: 'PlumblineSelf',
    summary: `a silence ${SAYS[kind] ?? 'wants attention'}`,
    description: 'its author was reminded',
    firstStep: 'look at the page of silences',
    labels: { kind: `silence_${kind}`, silence },
  }
}

const SAYS: Record<string, string> = {
  outlives_week: 'still mutes something after a week',
  ends_soon: 'ends within a day and mutes something',
  matched_nothing: 'muted nothing for a week',
}
