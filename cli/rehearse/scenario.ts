import { z } from 'zod'
import { schemaFaults } from '../../runtime/schema-faults.ts'
import { readYaml } from '../../runtime/yaml-text.ts'
import { ALERT_NAMES } from '../../slo/alert/incident.ts'
import { scenarioFaults } from './scenario-faults.ts'

/** From minute 0 of the scenario; negative ones lie before it. */
const minutes = z.int('expected whole minutes, as a number')
const seconds = z.int('expected whole seconds, as a number')
const wait = z.number('expected seconds, as a number').nonnegative('expected seconds, 0 or more')
const someTime = z.number('expected seconds, as a number').positive('expected seconds, more than 0')
const count = z.int('expected a whole number').nonnegative('expected a whole number, 0 or more')
const DECIMAL = 'expected a decimal number as text, such as "14.4"'
const decimal = z.string(DECIMAL).regex(/^\d+(\.\d+)?$/, DECIMAL)
const name = z.string().min(1, 'expected a name')
const severity = z.enum(['page', 'ticket'])
const counts = z
  .strictObject({ good: count, total: count })
  .refine(({ good, total }) => good <= total, 'good exceeds total')
const span = { from_min: minutes, to_min: minutes }

const tier = z.strictObject({
  id: name,
  severity,
  long_min: z.int('expected a whole number').positive('expected a whole number, 1 or more'),
  short_min: z.int('expected a whole number').positive('expected a whole number, 1 or more'),
  factor: decimal,
  share: decimal.optional(),
})

const slo = z.strictObject({
  name,
  service: name,
  target_ppm: z.int().min(0).max(999_999),
  window_days: z.number().positive(),
  mode: z.enum(['burn-rate', 'budget-share']),
  tiers: z.array(tier).min(1, 'name at least one tier'),
  history: counts,
  min_events: count.optional(),
  min_bad_events: count.optional(),
})

const respond = z.union(
  [
    z.int().min(100).max(599),
    z.enum(['refused', 'timeout']),
    z.strictObject({ code: z.int().min(100).max(599), retry_after_s: wait }),
  ],
  'expected an HTTP status, refused, timeout, or { code: 429, retry_after_s: 30 }',
)

const about = { from_s: seconds, to_s: seconds, slos: z.array(name).optional() }
const action = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('silence'), ...about }),
  z.strictObject({ do: z.literal('maintenance'), ...about, exclude_from_budget: z.boolean().default(false) }),
  z.strictObject({ do: z.literal('ack'), at_s: seconds, by: name, slos: z.array(name).optional() }),
  z.strictObject({ do: z.literal('deploy'), at_s: seconds, service: name, version: name }),
])

const bySeverity = z.strictObject({ page: wait, ticket: wait })

/** Offsets from the first attempt, ascending. */
const retries = z
  .array(wait)
  .min(1, 'name at least the first attempt, 0')
  .refine(
    (all) => all.every((each, n) => n === 0 || each > (all[n - 1] ?? 0)),
    'expected ascending offsets from the first attempt',
  )

/** Seconds and shares; what is absent has the default of docs/alerting.md. */
export const policySchema = z.strictObject({
  clear_ratio: decimal.optional(),
  keep_firing_s: bySeverity.optional(),
  group_wait_s: bySeverity.optional(),
  group_interval_s: someTime.optional(),
  repeat_s: bySeverity.optional(),
  escalate_after_s: someTime.optional(),
  ack_ttl_s: someTime.optional(),
  stale_after_s: someTime.optional(),
  blind_meta_after_s: someTime.optional(),
  coverage_floor: z.number().min(0).max(1).optional(),
  min_events: count.optional(),
  min_bad_events: count.optional(),
  root_share: z.number().min(0).max(1).optional(),
  root_min_traced: count.optional(),
  timeout_s: someTime.optional(),
  absent_after_min: z.int('expected a whole number').positive('expected a whole number, 1 or more').optional(),
  absent_min_events: count.optional(),
  page_retry_s: retries.optional(),
  ticket_retry_s: retries.optional(),
  fallback_after_s: someTime.optional(),
  alert_kinds: z.array(z.enum(ALERT_NAMES)).optional(),
})
export type ScenarioPolicy = z.output<typeof policySchema>

const scenario = z.strictObject({
  id: name,
  title: z.string().default(''),
  policy: policySchema.optional(),
  slos: z.array(slo).min(1, 'name at least one SLO'),
  timeline: z
    .array(
      counts.safeExtend({
        slo: name,
        ...span,
        every: z.int('expected a whole number').positive('expected a whole number, 1 or more').default(1),
      }),
    )
    .default([]),
  blind: z.array(z.strictObject({ ...span, arrives_min: minutes.optional() })).default([]),
  origins: z
    .array(
      z.strictObject({ slo: name, ...span, shares: z.record(z.string(), z.number().min(0).max(1)), bad_traced: count }),
    )
    .default([]),
  endpoints: z
    .array(
      z.strictObject({
        name,
        severities: z.array(severity),
        fallback: name.optional(),
        escalation: z.array(name).default([]),
        fallback_only: z.boolean().default(false),
      }),
    )
    .min(1, 'name at least one endpoint'),
  endpoint_behaviour: z.array(z.strictObject({ endpoint: name, from_s: seconds, to_s: seconds, respond })).default([]),
  actions: z.array(action).default([]),
  until_min: z.int('expected a whole number').positive('expected a whole number, 1 or more'),
})
export type Scenario = z.output<typeof scenario>
export type ScenarioSlo = Scenario['slos'][number]

const scenarioFile = z.strictObject({
  format: z.literal(1, 'expected 1, the only format there is'),
  policy: policySchema.optional(),
  scenarios: z.array(scenario).min(1, 'name at least one scenario'),
})
export type ScenarioFile = z.output<typeof scenarioFile>

/** Of a file and of a scenario: for readers, and for whoever checks an implementation. They may say anything. */
const NOTES = /^(about|why|conventions|budget_at_min|expect.*)$/

/**
 * A scenario file (YAML or JSON), or what is wrong with it: `12: scenarios[0].slos[1].target_ppm: is missing`, with the line.
 */
export function parseScenarios(text: string): { file: ScenarioFile } | { faults: string[] } {
  const yaml = readYaml(text)
  if (yaml.faults.length > 0) return { faults: yaml.faults.map(({ line, message }) => `${line}: ${message}`) }
  const value = withoutNotes(yaml.value())
  const parsed = scenarioFile.safeParse(value)
  const found = parsed.success ? scenarioFaults(parsed.data) : schemaFaults(parsed.error, scenarioFile, value)
  if (parsed.success && found.length === 0) return { file: parsed.data }
  const faults = found.map(({ path, message }) => ({
    line: yaml.lineOf(path) ?? 1,
    text: `${fieldOf(path)}: ${message}`,
  }))
  return { faults: faults.sort((a, b) => a.line - b.line).map(({ line, text }) => `${line}: ${text}`) }
}

function withoutNotes(file: unknown): unknown {
  if (!isMap(file)) return file
  const { scenarios } = file
  return {
    ...cleared(file),
    ...(scenarios !== undefined && {
      scenarios: Array.isArray(scenarios) ? scenarios.map((each) => (isMap(each) ? cleared(each) : each)) : scenarios,
    }),
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const cleared = (map: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(map).filter(([key]) => !NOTES.test(key)))

/** `scenarios[0].slos[1].target_ppm` */
const fieldOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  ) || 'the file'
