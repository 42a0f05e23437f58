import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { governingWindow, urgency } from '../../slo/alert-verdict.ts'
import { burnRate } from '../../slo/burn-rate.ts'
import { tierLabel } from '../../slo/tiers.ts'
import { play, type Send, sloWith } from './alert-timeline.ts'

/** The alerting scenarios as a table, where it lies beside the checkout; the same incidents by hand: alert-scenarios.test.ts. */
const FILE = fileURLToPath(new URL('../../../shared/conformance/alerting/scenarios.json', import.meta.url))

/** Rows that need one SLO, no overlay and no failing endpoint. */
const PLAIN = ['S01', 'S02', 'S03', 'S04', 'S05', 'S06', 'S07', 'S08', 'S09', 'S10', 'S11', 'S11b', 'S22']

const severity = z.enum(['page', 'ticket'])
const counts = z.object({ good: z.number(), total: z.number() })
const scenarioSchema = z.object({
  id: z.string(),
  title: z.string(),
  slos: z.tuple([
    z.object({
      name: z.string(),
      target_ppm: z.number(),
      history: counts,
      tiers: z.array(
        z.object({ severity, long_min: z.number(), short_min: z.number(), factor: z.string().transform(Number) }),
      ),
    }),
  ]),
  timeline: z.array(counts.extend({ from_min: z.number(), to_min: z.number() })),
  until_min: z.number(),
  endpoints: z.array(z.object({ name: z.string(), severities: z.array(severity) })),
  expect: z.array(
    z.object({
      endpoint: z.string(),
      event: z.string(),
      reason: z.string(),
      severity,
      incident: z.string(),
      reference_s: z.number(),
      between_s: z.tuple([z.number(), z.number()]),
      evidence: z.array(z.object({ tier: z.string(), long: counts, short: counts })).optional(),
    }),
  ),
})
type Scenario = z.output<typeof scenarioSchema>
type Expected = Scenario['expect'][number]

const file = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : { scenarios: [] }
const scenarios = (file.scenarios as { id: string }[])
  .filter(({ id }) => PLAIN.includes(id))
  .map((scenario) => scenarioSchema.parse(scenario))

function playScenario({ slos, timeline, until_min, endpoints }: Scenario, stepSeconds: number): Send[] {
  const [{ name, target_ppm, tiers, history }] = slos
  return play(
    {
      slo: sloWith({
        name,
        targetPpm: target_ppm,
        tiers: tiers.map((tier) => ({ ...tier, longMinutes: tier.long_min, shortMinutes: tier.short_min })),
      }),
      history,
      stretches: timeline.map(({ from_min, to_min, ...each }) => ({ from: from_min, to: to_min, ...each })),
      untilMinute: until_min,
      endpoints: Object.fromEntries(endpoints.map((each) => [each.name, each.severities])),
    },
    stepSeconds,
  )
}

/** What is told, in order, at each endpoint. */
const byEndpoint = <T extends Pick<Send, 'endpoint'> & { event: string; reason: string; severity: string }>(
  sends: T[],
) =>
  Object.fromEntries(
    [...Map.groupBy(sends, ({ endpoint }) => endpoint)].map(([endpoint, each]) => [
      endpoint,
      each.map(({ event, reason, severity }) => `${event} ${reason} ${severity}`),
    ]),
  )

/** The n-th send of an endpoint beside the n-th expected one. */
const paired = (sends: Send[], expected: Expected[]) =>
  expected.map((each) => {
    const nth = expected.filter(({ endpoint }) => endpoint === each.endpoint).indexOf(each)
    return { each, send: sends.filter(({ endpoint }) => endpoint === each.endpoint)[nth]! }
  })

describe.skipIf(scenarios.length === 0)('the table of alerting scenarios', () => {
  it('has every plain row', () => expect(scenarios.map(({ id }) => id).sort()).toEqual([...PLAIN].sort()))

  for (const stepSeconds of [60, 5]) {
    it.each(scenarios)(`$id $title, one evaluation per ${stepSeconds} s`, (scenario) => {
      const sends = playScenario(scenario, stepSeconds)
      expect(byEndpoint(sends)).toEqual(byEndpoint(scenario.expect))
      for (const { each, send } of paired(sends, scenario.expect)) {
        expect(send.atSecond).toBeGreaterThanOrEqual(each.between_s[0])
        expect(send.atSecond).toBeLessThanOrEqual(each.between_s[1])
        if (stepSeconds === 60) expect(send.atSecond).toBe(each.reference_s)
        if (each.evidence) compareEvidence(scenario, send, each.evidence, stepSeconds === 60)
      }
    })
  }
})

function compareEvidence(
  { slos }: Scenario,
  { matched }: Send,
  evidence: NonNullable<Expected['evidence']>,
  exactly: boolean,
) {
  const named = matched.map((verdict) => ({ ...verdict, name: `${verdict.severity} ${verdict.tier}` }))
  const expectedNames = evidence.map(({ tier }) => tier)
  for (const { name, long, short, factor } of named) {
    expect(expectedNames).toContain(name)
    const row = evidence.find(({ tier }) => tier === name)
    for (const [window, counted] of [
      [long, row?.long],
      [short, row?.short],
    ] as const) {
      expect(window.burn).toBeGreaterThan(factor)
      expect(window.burn).toBe(burnRate(window.counts, 1_000_000 - slos[0].target_ppm))
      if (exactly) expect(window.counts).toEqual(counted)
    }
  }
  const lead = named.toSorted((a, b) => urgency(b) - urgency(a))[0]
  expect(lead && governingWindow(lead).burn).not.toBeNull()
  if (exactly) expect(named.map(({ name }) => name).sort()).toEqual(expectedNames.toSorted())
  expect(tierLabel({ longMinutes: lead!.long.minutes, shortMinutes: lead!.short.minutes })).toBe(lead!.tier)
}
