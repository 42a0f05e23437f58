import type { Message } from '../deliver/message.ts'
import { sorted } from './group-key.ts'
import { rfc3339 } from './webhook.ts'

interface PostedAlert {
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAt: string
  /** Absent while it fires: every post says anew until when it holds. */
  endsAt?: string
  generatorURL: string
}

/** How long an alert holds without being posted again: Alertmanager resolves it then. */
const HOLDS_MS = 4 * 60_000

/**
 * All alerts of a message as Alertmanager's API v2 takes them.
 * Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, postableAlerts
 */
export const alertmanagerBody = (message: Message): string =>
  JSON.stringify(
    message.alerts.map(
      (alert): PostedAlert => ({
        labels: sorted(alert.labels),
        annotations: { ...alert.annotations, incident_id: message.incident },
        startsAt: rfc3339(alert.startsAt),
        ...(alert.endsAt ? { endsAt: rfc3339(alert.endsAt) } : {}),
        generatorURL: alert.generatorUrl,
      }),
    ),
  )

/** The same alerts as they are posted at an instant: those that fire hold a few minutes more. */
export function postedAt(body: string, at: Date): string {
  const holdsUntil = new Date(at.getTime() + HOLDS_MS).toISOString()
  const alerts = JSON.parse(body) as PostedAlert[]
  return JSON.stringify(alerts.map((alert) => ({ ...alert, endsAt: alert.endsAt ?? holdsUntil })))
}

/** Only while it is posted again and again does an alert stay; its end is repeated too, for an Alertmanager that restarts. */
export const ALERTMANAGER_REPEAT = { everyMs: 60_000, resolvedForMs: 5 * 60_000 }
