import type { Protocol } from '../../integration/call.ts'
import type { Direction, Outcome } from '../../integration/outcome.ts'
import { ATTEMPTS, type CallSelection, LATENCY_OPERATORS, SELECTABLE, type Selector } from '../model.ts'
import { readAttributes, readSelector } from './selector.ts'
import { isRecord, type PropertyPath, type Reporter } from './source.ts'
import { refuseUnknownFields } from './source-fields.ts'

const OUTCOMES = Object.keys({
  ok: true,
  cancelled: true,
  client_error: true,
  auth: true,
  throttled: true,
  timeout: true,
  connection: true,
  server_error: true,
  schema: true,
  circuit_open: true,
  unknown_error: true,
} satisfies Record<Outcome, true>)

const PROTOCOLS = Object.keys({
  gen_ai: true,
  messaging: true,
  aws: true,
  db: true,
  grpc: true,
  rpc: true,
  http: true,
  other: true,
} satisfies Record<Protocol, true>)

const DIRECTIONS = ['outbound', 'inbound'] as const satisfies readonly Direction[]

const FIELDS = ['source', ...SELECTABLE, 'direction', 'synthetic', 'attempt', 'attributes', 'outcome', 'latency']

const NS_PER_UNIT = { us: 1_000, ms: 1_000_000, s: 1_000_000_000 } as const

/** Fields whose values are a closed list; anything else would select nothing, for ever. */
const KNOWN_VALUES: Partial<Record<string, readonly string[]>> = {
  outcome: OUTCOMES,
  protocol: PROTOCOLS,
  direction: DIRECTIONS,
}

/**
 * Which calls the `spec` of a metric source `calls` selects, or null when it is refused.
 * Defaults: outbound when a dependency is selected, else inbound; probes do not count; cancelled calls do not count.
 * @param at path of the `spec`
 * @param allowLatency on good and bad only: a latency on the total would hide the slow calls
 */
export function readSelection(
  spec: Readonly<Record<string, unknown>>,
  at: PropertyPath,
  report: Reporter,
  allowLatency: boolean,
): CallSelection | null {
  const before = report.problems.length
  refuseUnknownFields(spec, FIELDS, { source: 'calls', at, report })
  const select = (field: string) => readSelector(spec[field], field, [...at, field], report, KNOWN_VALUES[field])
  const fields: CallSelection['fields'] = {}
  for (const field of SELECTABLE) {
    const selector = select(field)
    if (selector) fields[field] = selector
  }
  const latency = readLatency(spec.latency, [...at, 'latency'], report, allowLatency)
  const attempt = readAttempt(spec.attempt, [...at, 'attempt'], report)
  const selection: CallSelection = {
    source: 'calls',
    fields,
    attributes: readAttributes(spec.attributes, [...at, 'attributes'], report),
    direction: readDirection(select('direction'), fields.dependency !== undefined, [...at, 'direction'], report),
    synthetic: readSynthetic(spec.synthetic, [...at, 'synthetic'], report),
    outcome: (select('outcome') as CallSelection['outcome'] | null) ?? { notIn: ['cancelled'] },
    latency,
    ...(attempt && { attempt }),
  }
  return report.problems.length > before ? null : selection
}

function readDirection(
  selector: Selector | null,
  selectsDependency: boolean,
  path: PropertyPath,
  report: Reporter,
): Direction {
  const byDefault = selectsDependency ? 'outbound' : 'inbound'
  if (!selector) return byDefault
  const chosen = DIRECTIONS.filter((direction) =>
    'in' in selector ? selector.in.includes(direction) : !selector.notIn.includes(direction),
  )
  if (chosen.length === 1 && chosen[0]) return chosen[0]
  report.error('plan', path, 'invalid_selector', 'must be one of inbound and outbound: calls are counted on one side')
  return byDefault
}

function readSynthetic(value: unknown, path: PropertyPath, report: Reporter): boolean {
  if (value === undefined) return false
  if (typeof value === 'boolean') return value
  report.error('plan', path, 'invalid_selector', 'must be true (probes only) or false (no probes)')
  return false
}

function readAttempt(value: unknown, path: PropertyPath, report: Reporter): CallSelection['attempt'] | null {
  if (value === undefined) return null
  const attempt = ATTEMPTS.find((known) => known === value)
  if (attempt) return attempt
  const hint = 'Leave it out for all attempts'
  return report.error('plan', path, 'one_of', `must be ${ATTEMPTS.join(' or ')}`, hint)
}

function readLatency(value: unknown, path: PropertyPath, report: Reporter, allowed: boolean): CallSelection['latency'] {
  if (value === undefined) return null
  if (!allowed) {
    const hint = 'Put it on good or bad: what is too slow must stay in the total'
    return report.error('plan', path, 'forbidden', 'a latency does not belong on the total', hint)
  }
  const [op, text, ...more] = isRecord(value) ? Object.entries(value).flat() : []
  const operator = LATENCY_OPERATORS.find((known) => known === op)
  if (!operator || more.length > 0) {
    const message = `must be one comparison, such as {lte: 300ms}; operators are ${LATENCY_OPERATORS.join(' ')}`
    return report.error('plan', path, 'invalid_latency', message)
  }
  const match = /^(\d{1,9}(?:\.\d{1,9})?)(us|ms|s)$/.exec(String(text))
  const ns = match ? Math.round(Number(match[1]) * NS_PER_UNIT[match[2] as keyof typeof NS_PER_UNIT]) : 0
  if (typeof text === 'string' && ns > 0) return { op: operator, ns }
  const message = 'must be a positive time in us, ms or s, such as 300ms'
  return report.error('plan', [...path, operator], 'invalid_latency', message)
}
