import type { Severity } from '../../slo/model.ts'
import type { OutboxStatus } from './endpoint-health.ts'

/** What can be wrong with Plumbline itself; `blind` is judged with the alerts of services. */
export const SELF_KINDS = [
  'endpoint_failing',
  'dead_letter',
  'watchdog_failing',
  'tick_late',
  'store_unavailable',
  'config_rejected',
] as const
export type SelfKind = (typeof SELF_KINDS)[number]

/** What is wrong, in one line: the same from beginning to end, whoever tells it. */
const SUMMARIES: Record<SelfKind, (endpoint: string) => string> = {
  endpoint_failing: (endpoint) => `endpoint ${endpoint} does not take messages`,
  dead_letter: (endpoint) => `messages to ${endpoint} were given up`,
  watchdog_failing: () => 'the watchdog does not take pings',
  tick_late: () => 'Plumbline evaluates late',
  store_unavailable: () => 'the store of Plumbline cannot be used',
  config_rejected: () => 'SLO documents are refused',
}

export const summaryOfSelf = (kind: SelfKind, endpoint = ''): string => SUMMARIES[kind](endpoint)

/** Something that is wrong now. */
export interface SelfCondition {
  kind: SelfKind
  /** The endpoint it is about; '' when it is about none. */
  endpoint: string
  severity: Severity
  summary: string
  description: string
  firstStep: string
  forWhom: string
}

/** What is known of Plumbline at one instant. */
export interface SelfFacts {
  endpoints: ReadonlyMap<string, OutboxStatus>
  /** Messages given up lately, by endpoint. */
  deadLetters: ReadonlyMap<string, number>
  /** Pings in a row that nobody took. */
  watchdogFailures: number
  /** Since the last complete tick, or the start. */
  sinceTickMs: number
  tickMs: number
  isStoreUp: boolean
  /** SLO documents that were refused and are not in force as they stand in their files. */
  rejected: readonly string[]
}

const LATE_TICKS = 3
/** A restart of the store wakes nobody, nor does a tick that has much to measure for once. */
const PATIENCE_MS = { store: 30_000, ticks: 60_000 }
/** A busy machine is late now and then, which is a ticket; so long without an evaluation no outage pages in time. */
const TICK_PAGE = { ticks: 3 * LATE_TICKS, ms: 180_000 }
const WATCHDOG_FAILURES = 3

export function selfConditions(facts: SelfFacts): SelfCondition[] {
  return [...endpointConditions(facts), ...deadLetterConditions(facts), ...processConditions(facts)]
}

const endpointConditions = ({ endpoints }: SelfFacts): SelfCondition[] =>
  [...endpoints]
    .filter(([, { circuit, disabled }]) => circuit === 'open' || disabled)
    .map(([endpoint, { lastError, disabled, pending }]) => ({
      kind: 'endpoint_failing',
      endpoint,
      severity: 'page',
      summary: summaryOfSelf('endpoint_failing', endpoint),
      description: disabled
        ? `${endpoint} answered that it is gone, and gets no new incidents`
        : `${pending} messages wait; last error: ${lastError}`,
      firstStep: disabled
        ? `correct its address in the configuration, or send it a test when it is back`
        : `check ${endpoint}, then send it a test`,
      forWhom: `whoever is told by ${endpoint}`,
    }))

const deadLetterConditions = ({ deadLetters }: SelfFacts): SelfCondition[] =>
  [...deadLetters].map(([endpoint, count]) => ({
    kind: 'dead_letter',
    endpoint,
    severity: 'ticket',
    summary: summaryOfSelf('dead_letter', endpoint),
    description: `${count} in the last hour; they are kept for 30 days`,
    firstStep: 'look at /api/v1/notifications?state=dead, and replay what still matters',
    forWhom: `whoever is told by ${endpoint}`,
  }))

function processConditions(facts: SelfFacts): SelfCondition[] {
  const { sinceTickMs, tickMs, isStoreUp, watchdogFailures, rejected } = facts
  const isLate = (patienceMs: number) => sinceTickMs > Math.max(LATE_TICKS * tickMs, patienceMs)
  const about = {
    endpoint: '',
    description: '',
    firstStep: 'look at the log of the evaluator',
    forWhom: 'everybody who relies on alerts',
  }
  const conditions: (SelfCondition | false)[] = [
    !isStoreUp &&
      isLate(PATIENCE_MS.store) && {
        ...about,
        kind: 'store_unavailable',
        severity: 'page',
        summary: summaryOfSelf('store_unavailable'),
        description: `no evaluation for ${Math.round(sinceTickMs / 1_000)} s: nothing is judged, and no alert is told`,
        firstStep: 'check ClickHouse: is it up, has it disk space left',
      },
    isStoreUp &&
      isLate(PATIENCE_MS.ticks) && {
        ...about,
        kind: 'tick_late',
        severity: sinceTickMs > Math.max(TICK_PAGE.ticks * tickMs, TICK_PAGE.ms) ? 'page' : 'ticket',
        summary: summaryOfSelf('tick_late'),
        description: `no complete evaluation for ${Math.round(sinceTickMs / 1_000)} s; ${tickMs / 1_000} s are meant`,
      },
    watchdogFailures >= WATCHDOG_FAILURES && {
      ...about,
      kind: 'watchdog_failing',
      severity: 'ticket',
      summary: summaryOfSelf('watchdog_failing'),
      description: `${watchdogFailures} in a row failed: nobody would notice if Plumbline stopped`,
      firstStep: 'check alerting.watchdog.url',
    },
    rejected.length > 0 && {
      ...about,
      kind: 'config_rejected',
      severity: 'ticket',
      summary: summaryOfSelf('config_rejected'),
      description: `not in force as written: ${rejected.slice(0, 10).join(', ')}${rejected.length > 10 ? ' …' : ''}`,
      firstStep: 'run plumbline validate on them',
      forWhom: 'whoever relies on those SLOs',
    },
  ]
  return conditions.filter((condition) => condition !== false)
}
