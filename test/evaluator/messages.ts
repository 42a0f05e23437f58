import type { Brief, Message, MessageAlert } from '../../evaluator/deliver/message.ts'
import { notificationId } from '../../evaluator/deliver/notification-id.ts'
import type { Notification } from '../../storage/notifications.ts'

export const INCIDENT = 'inc_01JZ8Q2W7RN4V9T3M6D5XH1C0B'

export const LABELS = {
  alertname: 'SLOBurnRate',
  env: 'prod',
  owner: 'payments',
  root_cause: 'dependency:acme-pay/timeout',
  service: 'checkout',
  severity: 'page',
  slo: 'checkout-availability',
}

export const ANNOTATIONS = {
  summary: 'checkout-availability burns 16.7x: acme-pay times out',
  description:
    '1,000 of 60,000 calls failed in 1 h (governing window), 200x in 5 m; 41 % of the 30 d budget left, empty in 17 h',
  cause: 'share 0.82 of 400 bad traces, confidence high',
  impact: 'checkout, cart',
  who_can_fix: 'provider',
  first_step: 'check acme-pay status, consider the fallback provider',
  runbook_url: 'https://runbooks.example/acme-pay',
  dashboard_url: `https://plumbline.example/incidents/${INCIDENT}`,
  trace_url: 'https://plumbline.example/traces/4bf92f3577b34da6a3ce929d0e0e4736',
}

export const alert = (changes: Partial<MessageAlert> = {}): MessageAlert => ({
  status: 'firing',
  labels: LABELS,
  annotations: ANNOTATIONS,
  startsAt: new Date('2026-01-01T00:00:00Z'),
  endsAt: null,
  generatorUrl: 'https://plumbline.example/slos/checkout-availability',
  ...changes,
})

export const brief = (changes: Partial<Brief> = {}): Brief => ({
  what: 'checkout-availability burns 16.7x',
  why: 'acme-pay times out',
  ending: '',
  cause: 'share 0.82 of 400 bad traces, confidence high',
  others: 0,
  startedAt: new Date('2026-01-01T00:00:00Z'),
  endedAt: null,
  howBad: ANNOTATIONS.description,
  burn: '16.7x of 14.4x',
  budgetLeft: '41 %, empty in 17 h',
  budgetSpent: 0.59,
  forWhom: 'checkout, cart',
  whoCanFix: 'provider',
  owner: 'payments',
  firstStep: 'check acme-pay status, consider the fallback provider',
  env: 'prod',
  service: 'checkout',
  component: 'acme-pay',
  outcome: 'timeout',
  confidence: 'high',
  acknowledgedBy: '',
  isFrozen: false,
  deployments: [],
  links: {
    incident: ANNOTATIONS.dashboard_url,
    subject: 'https://plumbline.example/slos/checkout-availability',
    runbook: ANNOTATIONS.runbook_url,
    trace: ANNOTATIONS.trace_url,
  },
  traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'],
  ...changes,
})

export const message = (changes: Partial<Message> = {}): Message => ({
  endpoint: 'pager',
  event: 'firing',
  reason: 'first',
  sequence: 1,
  incident: INCIDENT,
  previousIncident: null,
  severity: 'page',
  alerts: [alert()],
  groupLabels: { env: 'prod', root_cause: 'dependency:acme-pay/timeout' },
  externalUrl: 'https://plumbline.example',
  numbers: { tier: '1h/5m', governingWindow: '1h', burn: 16.666666666666668, counts: { good: 59_000, total: 60_000 } },
  data: { watermark: new Date('2026-01-01T00:01:00Z'), coverage: 1, generation: '3', frozen: false },
  brief: brief(),
  ...changes,
})

/** The end of the same incident, eleven minutes after it began. */
export const resolvedMessage = (changes: Partial<Message> = {}): Message => {
  const endsAt = new Date('2026-01-01T00:11:00Z')
  return message({
    event: 'resolved',
    reason: 'resolved',
    sequence: 2,
    alerts: [alert({ status: 'resolved', endsAt })],
    brief: brief({ endedAt: endsAt }),
    ...changes,
  })
}

/** A message that waits since `at`. */
export function notification(incident: string, at: number, changes: Partial<Notification> = {}): Notification {
  const { endpoint = 'pager', sequence = 1 } = changes
  return {
    id: notificationId(changes.incident ?? incident, sequence, endpoint),
    endpoint,
    incident,
    sequence,
    event: 'firing',
    reason: 'first',
    severity: 'page',
    state: 'pending',
    type: '',
    body: JSON.stringify({ sequence }),
    attempts: 0,
    firstAttemptAt: null,
    nextAttemptAt: new Date(at),
    lastStatus: 0,
    lastError: '',
    createdAt: new Date(at),
    revision: 0,
    ...changes,
  }
}
