import type { Config } from '../runtime/config-schema.ts'
import type { Notification } from '../storage/notifications.ts'
import { egressGuard } from './notify/egress.ts'
import { type PostResult, post } from './notify/post.ts'
import { webhookHeaders } from './notify/webhook.ts'

const CONNECT_TIMEOUT_MS = 3_000
const TOTAL_TIMEOUT_MS = { page: 10_000, ticket: 20_000 } as const

/** Makes one attempt at a notification, to the endpoint as the configuration has it now. Never rejects. */
export function createSender({ endpoints, egress }: Pick<Config, 'endpoints' | 'egress'>) {
  const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]))
  const check = egressGuard(egress)
  return async (notification: Notification, at: Date): Promise<PostResult> => {
    const endpoint = byName.get(notification.endpoint)
    if (!endpoint) return notSent(`endpoint ${notification.endpoint} is no longer configured`)
    const { id, body, severity } = notification
    const limits = { connectTimeoutMs: CONNECT_TIMEOUT_MS, totalTimeoutMs: TOTAL_TIMEOUT_MS[severity] }
    try {
      const headers = webhookHeaders(id, body, endpoint.secret === '' ? [] : [endpoint.secret], at)
      return await post(endpoint.url, { headers, body }, check, limits)
    } catch (error) {
      return notSent(`endpoint ${endpoint.name} cannot be signed for: ${(error as Error).message}`)
    }
  }
}

const notSent = (error: string): PostResult => ({
  status: 0,
  error,
  arrival: 'no',
  permanent: true,
  answer: '',
  retryAfter: '',
  latencyMs: 0,
})
