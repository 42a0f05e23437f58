import { describe, expect, it } from 'vitest'
import { changesOf, notificationsOf } from '../../evaluator/decide/change.ts'
import type { IncidentEvidence } from '../../evaluator/decide/incident-facts.ts'
import type { EvaluatorMemory } from '../../evaluator/decide/known-incident.ts'
import { memoryOutbox } from '../../evaluator/deliver/memory-outbox-store.ts'
import { addresseesOf } from '../../evaluator/deliver/notifications-for.ts'
import { Outbox } from '../../evaluator/deliver/outbox.ts'
import { SelfAlerts } from '../../evaluator/deliver/self-alerts.ts'
import { selfConditions } from '../../evaluator/deliver/self-conditions.ts'
import type { Mail } from '../../evaluator/notify/email.ts'
import { OUTCOME_MODES } from '../../integration/failure-modes.ts'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import type { AlertName } from '../../slo/alert/incident.ts'
import { modeSignal, probeSignal } from '../../slo/alert/mode-alerts.ts'
import { SHORT_KEEP_MS, type Signal } from '../../slo/alert/signal.ts'
import { unusualHour } from '../../slo/alert/unusual.ts'
import { emptyMemory, remember } from '../../slo/decide/alert-record.ts'
import { decide, plainContext } from '../../slo/decide/decide.ts'
import type { RouteNode } from '../../slo/overlay/route.ts'
import type { Reading } from '../../slo/reading.ts'
import type { AlertEvent } from '../../storage/alert-events.ts'
import type { Notification } from '../../storage/notifications.ts'
import { counts, NOW, reading, slo } from '../slo/build.ts'
import { TRACES } from './facts.ts'
import { QUIET } from './quiet.ts'

/**
 * Every kind of alert, from what is read to what each type of endpoint gets: `golden/KIND/input.txt` holds the facts that are
 * journaled, the files beside it the messages. `vitest -u` writes them anew; read them then.
 */

const TYPES = ['webhook', 'alertmanager', 'pagerduty', 'slack', 'email'] as const
const ADDRESSEES = addresseesOf(TYPES.map((type) => ({ name: type, type })))
const ROUTES: RouteNode[] = [{ matchers: [], endpoints: [...TYPES], routes: [] }]
const URL = 'https://plumbline.example'

const MINUTE_MS = 60_000
const at = (minute: number) => new Date(NOW.getTime() + minute * MINUTE_MS)

const SLO = slo({
  name: 'checkout-availability',
  owner: 'payments',
  runbook: 'https://runbooks.example/acme-pay',
  labels: { env: 'prod' },
})

/** What traces showed while it failed. */
const ACME: IncidentEvidence = {
  suspect: { dependency: 'acme-pay', outcome: 'timeout', bad: 328, share: 0.82 },
  root: {
    origin: 'dependency:acme-pay/timeout',
    share: 0.82,
    traced: 400,
    tracedShare: 0.9,
    confidence: 'high',
    top: [
      { origin: 'dependency:acme-pay/timeout', share: 0.82 },
      { origin: 'service:cart/server_error', share: 0.1 },
    ],
  },
  impact: ['checkout', 'cart'],
  exemplars: TRACES.map((traceId) => ({ traceId, shows: 'first', service: 'checkout', at: NOW, durationMs: 3_000 })),
  deployments: [{ service: 'checkout', version: '1.5.0', previousVersion: '1.4.2', at: at(-10) }],
}

interface Case {
  /** What an evaluation reads, at that minute, while it is so. */
  readings?: (minute: number) => Reading[]
  /** What does not follow from that. */
  signals?: (minute: number) => (Signal | null)[]
  evidence?: IncidentEvidence
}

const of = (minute: number, rest: Parameters<typeof reading>[0] = {}) => [
  reading({ of: SLO, watermark: at(minute), lastEventAt: at(minute), ...rest }),
]
const [F1] = OUTCOME_MODES

const CASES: Record<Exclude<AlertName, 'PlumblineSelf'>, Case> = {
  SLOBurnRate: {
    readings: (minute) => of(minute, { bad: { 60: [1_000, 60_000], 5: [1_000, 5_000], 43200: [590, 1_000_000] } }),
    evidence: ACME,
  },
  SLOBudgetSpent: {
    readings: (minute) => of(minute, { bad: { 43200: [590, 1_000_000] } }),
  },
  SLOExhaustion: {
    readings: (minute) => of(minute, { bad: { 360: [500, 100_000], 43200: [900, 1_000_000] } }),
    evidence: {
      ...ACME,
      suspect: null,
      root: {
        ...ACME.root!,
        origin: '',
        share: 0,
        confidence: null,
        top: ACME.root!.top.map((each) => ({ ...each, share: 0.41 })),
      },
    },
  },
  SLOUnusual: {
    readings: (minute) => of(minute),
    signals: () => [
      unusualHour(SLO, { hour: counts(120, 5_000), earlier: [5, 4, 6, 5, 5].map((n) => counts(n, 5_000)) }, NOW),
    ],
  },
  DependencyFailureMode: {
    readings: (minute) => of(minute),
    signals: (minute) => [
      modeSignal(
        {
          env: 'prod',
          dependency: 'acme-pay',
          outcome: 'auth',
          callers: ['billing', 'cart', 'checkout'],
          mode: { ...F1!, share: 34 / 120, evidence: { n: 120, bad: 34, baselineShare: 0.0012 } },
        },
        at(minute),
        SHORT_KEEP_MS,
      ),
    ],
  },
  TelemetryAbsent: {
    readings: (minute) => {
      const [read] = of(minute, { lastEventAt: at(-10) }) as [Reading]
      const window = (total: number) => ({ counts: counts(0, total), units: counts(0, total), coverage: 1 })
      return [{ ...read, windows: new Map([...read.windows, [10, window(0)], [70, window(1_234)]]) }]
    },
  },
  ProbeFailing: {
    readings: (minute) => of(minute),
    signals: (minute) => [
      probeSignal(
        { env: 'prod', service: 'prober', dependency: 'acme-pay', operation: 'GET /health', calls: 5, bad: 4 },
        at(minute),
        SHORT_KEEP_MS,
      ),
    ],
  },
  PlumblineBlind: {
    readings: () => of(-6),
  },
}

/** Evaluates every minute until it is told, then without a cause until the end of it is. */
function told(kind: AlertName, { readings = () => [], signals = () => [], evidence }: Case): AlertEvent[] {
  let memory: EvaluatorMemory = emptyMemory()
  const context = plainContext({ policy: ALERT_POLICY, kinds: new Set(['SLOBurnRate', kind]), routes: ROUTES })
  const rootCauses = new Map(evidence?.root ? [[SLO.name, evidence.root.origin]] : [])
  const found: AlertEvent[] = []
  for (let minute = 0; minute < 200 && found.length < 2; minute++) {
    const isWrong = found.length === 0
    const now = at(minute)
    const seen = isWrong ? signals(minute).filter((signal) => signal !== null) : []
    const decision = decide({
      readings: isWrong ? readings(minute) : of(minute),
      conditions: { signals: seen, unseen: null, late: null },
      ...{ memory, context, rootCauses, now },
    })
    const change = changesOf(decision, memory.incidents, () => (isWrong ? (evidence ?? null) : null), now)
    memory = remember(memory, change)
    found.push(...change.events.filter(({ intents }) => intents.length > 0))
  }
  return found
}

const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

function shown({ endpoint, body, event }: Notification): string {
  const text = () => {
    const { subject, text } = JSON.parse(body) as Mail
    return `Subject: ${subject}\n\n${text}`
  }
  return `=== ${event}\n${endpoint === 'email' ? text() : pretty(JSON.parse(body))}`
}

async function compare(kind: string, input: unknown, messages: readonly Notification[]) {
  await expect(pretty(input)).toMatchFileSnapshot(`golden/${kind}/input.txt`)
  for (const type of TYPES) {
    const own = messages.filter(({ endpoint }) => endpoint === type)
    expect(own.map(({ event }) => event)).toEqual(['firing', 'resolved'])
    await expect(own.map(shown).join('\n')).toMatchFileSnapshot(`golden/${kind}/${type}.txt`)
  }
}

/** Every question of whoever is woken has an answer, if only that it is not known. */
const QUESTIONS = ['summary', 'description', 'impact', 'who_can_fix', 'first_step', 'budget_left', 'dashboard_url']

describe('each type of endpoint is told of', () => {
  for (const [kind, given] of Object.entries(CASES)) {
    it(kind, async () => {
      const events = told(kind as AlertName, given)
      const messages = events.flatMap((event) => notificationsOf(event, ADDRESSEES, URL))
      await compare(
        kind,
        events.map(({ evidence }) => JSON.parse(evidence).facts),
        messages,
      )
      for (const { body, endpoint } of messages) {
        if (endpoint !== 'webhook') continue
        for (const { annotations, labels } of JSON.parse(body).alerts) {
          expect(labels.alertname).toBe(kind)
          for (const question of QUESTIONS) expect(annotations[question], question).toMatch(/\S/)
          expect(annotations.description).toMatch(/since|over at/)
          for (const text of Object.values(annotations)) expect(text).not.toMatch(/undefined|null|NaN|\. ?\.|; ?;/)
        }
      }
    })
  }

  it('PlumblineSelf', async () => {
    const store = memoryOutbox()
    const send = async () => expect.unreachable('nothing is sent here')
    const outbox = new Outbox({ store, log: QUIET, send })
    const alerts = new SelfAlerts({ log: QUIET, outbox, addressees: ADDRESSEES, routes: ROUTES, publicUrl: URL, send })
    const isWrong = {
      endpoints: new Map(),
      deadLetters: new Map([['pager', 3]]),
      watchdogFailures: 0,
      sinceTickMs: 0,
      tickMs: 5_000,
      isStoreUp: true,
      rejected: [],
    }
    const conditions = selfConditions(isWrong)
    await alerts.update(conditions, NOW)
    for (const minute of [2, 7]) await alerts.update([], at(minute))
    await compare('PlumblineSelf', conditions, [...store.notifications.values()])
  })
})
