import type { Endpoint } from '../../runtime/endpoint-schema.ts'
import type { Notification } from '../../storage/notifications.ts'
import { ANSWER_RULES } from '../notify/answer-rules.ts'
import { destinationAt, destinationOf } from '../notify/destination.ts'
import { type EgressPolicy, egressGuard, mailGuard } from '../notify/egress.ts'
import type { Mail } from '../notify/email.ts'
import { post } from '../notify/post.ts'
import { type PostResult, postResult } from '../notify/post-result.ts'
import { changeRequest, requestFor } from '../notify/request.ts'
import { sendMail } from '../notify/send-mail.ts'
import { CHANGE } from './lane.ts'

const CONNECT_TIMEOUT_MS = 3_000
const TOTAL_TIMEOUT_MS = { page: 10_000, ticket: 20_000 } as const

/** What an attempt must know beside its message. */
export interface Thread {
  /** Where the first message about the incident went, see `Sender.targetOf`; '' when it is not known. */
  target: string
  /** Id of the first message about the incident. */
  first: string
}

export interface Sender {
  /** Makes one attempt at a notification, to the endpoint as the configuration has it now. Never rejects. */
  send(notification: Notification, at: Date, thread?: Thread): Promise<PostResult>
  /** A digest of where messages about a new incident go; '' for an endpoint that is not configured. */
  targetOf(endpoint: string): string
}

export function createSender({ endpoints, egress }: { endpoints: readonly Endpoint[]; egress: EgressPolicy }): Sender {
  const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]))
  const checks = { web: egressGuard(egress), mail: mailGuard(egress) }

  const attempt = (endpoint: Endpoint, notification: Notification, at: Date, { target, first }: Thread) => {
    const { id, body, severity } = notification
    const limits = { connectTimeoutMs: CONNECT_TIMEOUT_MS, totalTimeoutMs: TOTAL_TIMEOUT_MS[severity] }
    if (endpoint.type === 'email')
      return sendMail(endpoint, JSON.parse(body) as Mail, { id, first }, checks.mail, limits)
    const destination = destinationAt(endpoint, target)
    const request = notification.incident.startsWith(CHANGE)
      ? changeRequest(destination, body)
      : requestFor(endpoint, destination, notification, at)
    return post(request.url, request, checks.web, limits, ANSWER_RULES[endpoint.type])
  }

  return {
    async send(notification, at, thread = { target: '', first: notification.id }) {
      const endpoint = byName.get(notification.endpoint)
      if (!endpoint) return notSent(`endpoint ${notification.endpoint} is no longer configured`)
      const { type } = notification
      if (type !== '' && type !== endpoint.type)
        return notSent(`written for ${type}, and endpoint ${endpoint.name} is ${endpoint.type} now`)
      try {
        return await attempt(endpoint, notification, at, thread)
      } catch (error) {
        return notSent(`endpoint ${endpoint.name} cannot be written to: ${(error as Error).message}`)
      }
    },
    targetOf(name) {
      const endpoint = byName.get(name)
      return endpoint ? destinationOf(endpoint).target : ''
    },
  }
}

const notSent = (error: string): PostResult => postResult({ error, permanent: true })
