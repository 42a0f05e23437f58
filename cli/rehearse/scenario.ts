import { z } from 'zod'

/** Whole seconds or minutes from minute 0 of the scenario; negative ones lie before it. */
const offset = z.int()
const count = z.int().nonnegative()
const decimal = z.string().regex(/^\d+(\.\d+)?$/, 'expected a decimal number as text, such as "14.4"')
const name = z.string().min(1)
const severity = z.enum(['page', 'ticket'])
const counts = z.object({ good: count, total: count }).refine(({ good, total }) => good <= total, 'good exceeds total')
const span = { from_min: offset, to_min: offset }

const tier = z.object({
  id: name,
  severity,
  long_min: z.int().positive(),
  short_min: z.int().positive(),
  factor: decimal,
  share: decimal.optional(),
})

const slo = z.object({
  name,
  service: name,
  target_ppm: z.int().min(0).max(999_999),
  window_days: z.number().positive(),
  mode: z.enum(['burn-rate', 'budget-share']),
  tiers: z.array(tier).min(1),
  history: counts,
  min_events: count.optional(),
  min_bad_events: count.optional(),
})

const respond = z.union([
  z.int().min(100).max(599),
  z.enum(['refused', 'timeout']),
  z.object({ code: z.int().min(100).max(599), retry_after_s: z.number().nonnegative() }),
])

const about = { from_s: offset, to_s: offset, slos: z.array(name).optional() }
const action = z.discriminatedUnion('do', [
  z.object({ do: z.literal('silence'), ...about }),
  z.object({ do: z.literal('maintenance'), ...about, exclude_from_budget: z.boolean().default(false) }),
  z.object({ do: z.literal('ack'), at_s: offset, by: name, slos: z.array(name).optional() }),
  z.object({ do: z.literal('deploy'), at_s: offset, service: name, version: name }),
])

const bySeverity = z.object({ page: z.number().nonnegative(), ticket: z.number().nonnegative() })

/** Offsets from the first attempt, ascending. */
const retries = z.array(z.number().nonnegative()).min(1)

/** Seconds and shares; what is absent has the default of docs/alerting.md. */
const policy = z.object({
  clear_ratio: decimal.optional(),
  keep_firing_s: bySeverity.optional(),
  group_wait_s: bySeverity.optional(),
  group_interval_s: z.number().positive().optional(),
  repeat_s: bySeverity.optional(),
  escalate_after_s: z.number().positive().optional(),
  ack_ttl_s: z.number().positive().optional(),
  stale_after_s: z.number().positive().optional(),
  blind_meta_after_s: z.number().positive().optional(),
  coverage_floor: z.number().min(0).max(1).optional(),
  min_events: count.optional(),
  min_bad_events: count.optional(),
  root_share: z.number().min(0).max(1).optional(),
  root_min_traced: count.optional(),
  timeout_s: z.number().positive().optional(),
  absent_after_min: z.int().positive().optional(),
  absent_min_events: count.optional(),
  page_retry_s: retries.optional(),
  ticket_retry_s: retries.optional(),
  fallback_after_s: z.number().positive().optional(),
})
export type ScenarioPolicy = z.output<typeof policy>

const scenario = z.object({
  id: name,
  title: z.string().default(''),
  policy: policy.optional(),
  slos: z.array(slo).min(1),
  timeline: z
    .array(
      counts.safeExtend({
        slo: name,
        ...span,
        every: z.int().positive().default(1),
      }),
    )
    .default([]),
  blind: z.array(z.object({ ...span, arrives_min: offset.optional() })).default([]),
  origins: z
    .array(z.object({ slo: name, ...span, shares: z.record(z.string(), z.number().min(0).max(1)), bad_traced: count }))
    .default([]),
  endpoints: z
    .array(
      z.object({
        name,
        severities: z.array(severity),
        fallback: name.optional(),
        escalation: z.array(name).default([]),
        fallback_only: z.boolean().default(false),
      }),
    )
    .min(1),
  endpoint_behaviour: z.array(z.object({ endpoint: name, from_s: offset, to_s: offset, respond })).default([]),
  actions: z.array(action).default([]),
  until_min: z.int().positive(),
})
export type Scenario = z.output<typeof scenario>
export type ScenarioSlo = Scenario['slos'][number]

/** Keys that are for whoever checks an implementation, or for readers: they may say anything. */
const scenarioFile = z
  .object({ format: z.literal(1), policy: policy.optional(), scenarios: z.array(scenario).min(1) })
  .superRefine(({ scenarios }, context) => {
    for (const [n, each] of scenarios.entries()) {
      const slos = new Set(each.slos.map((one) => one.name))
      const endpoints = new Set(each.endpoints.map((one) => one.name))
      const wrong = (path: (string | number)[], message: string) =>
        context.addIssue({ code: 'custom', path: ['scenarios', n, ...path], message })
      for (const [i, row] of each.timeline.entries())
        if (!slos.has(row.slo)) wrong(['timeline', i, 'slo'], `there is no SLO ${row.slo} in this scenario`)
      for (const [i, row] of each.origins.entries())
        if (!slos.has(row.slo)) wrong(['origins', i, 'slo'], `there is no SLO ${row.slo} in this scenario`)
      for (const [i, row] of each.endpoint_behaviour.entries())
        if (!endpoints.has(row.endpoint))
          wrong(['endpoint_behaviour', i, 'endpoint'], `there is no endpoint ${row.endpoint} in this scenario`)
      for (const [i, row] of each.endpoints.entries())
        for (const other of [...row.escalation, ...(row.fallback ? [row.fallback] : [])])
          if (!endpoints.has(other)) wrong(['endpoints', i], `there is no endpoint ${other} in this scenario`)
      for (const [i, row] of each.actions.entries())
        for (const one of 'slos' in row ? (row.slos ?? []) : [])
          if (!slos.has(one)) wrong(['actions', i, 'slos'], `there is no SLO ${one} in this scenario`)
    }
  })
export type ScenarioFile = z.output<typeof scenarioFile>

/** A scenario file, or what is wrong with it: each fault names the field. */
export function parseScenarios(text: string): { file: ScenarioFile } | { faults: string[] } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { faults: [`this is no JSON: ${(error as Error).message}`] }
  }
  const parsed = scenarioFile.safeParse(json)
  if (parsed.success) return { file: parsed.data }
  return { faults: parsed.error.issues.map(({ path, message }) => `${fieldOf(path)}: ${message}`) }
}

/** `scenarios[0].slos[1].target_ppm` */
const fieldOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  ) || 'the file'
