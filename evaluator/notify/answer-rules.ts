import type { EndpointType } from '../../runtime/endpoint-schema.ts'

/** What an HTTP answer means to one channel. 5xx, broken connections and time-outs are always tried again. */
export interface AnswerRules {
  accepts(status: number, answer: string): boolean
  /** Other statuses that a later attempt may change. */
  retries: ReadonlySet<number>
  /** Nothing will ever be received there again. */
  isGone(status: number): boolean
}

const GONE = 410
const never = () => false

/** Sources: Standard Webhooks 1.0.0, Alertmanager's API v2, PagerDuty's Events API v2, Slack's incoming webhooks. */
export const ANSWER_RULES: Record<Exclude<EndpointType, 'email'>, AnswerRules> = {
  webhook: {
    accepts: (status) => status >= 200 && status < 300,
    retries: new Set([408, 425, 429]),
    isGone: (status) => status === GONE,
  },
  alertmanager: { accepts: (status) => status === 200, retries: new Set([429]), isGone: never },
  pagerduty: { accepts: (status) => status === 202, retries: new Set([429]), isGone: never },
  slack: {
    accepts: (status, answer) => status === 200 && answer.trim() === 'ok',
    retries: new Set([429]),
    isGone: (status) => status === GONE,
  },
}
