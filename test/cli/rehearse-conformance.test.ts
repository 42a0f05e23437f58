import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { rehearse } from '../../cli/rehearse/play.ts'
import type { Send } from '../../cli/rehearse/rehearsal.ts'
import { parseScenarios, type ScenarioFile, type ScenarioSlo } from '../../cli/rehearse/scenario.ts'

/** The table of alerting scenarios, where it lies beside the checkout; our own one: rehearse.test.ts. */
const FILE = fileURLToPath(new URL('../../../shared/conformance/alerting/scenarios.json', import.meta.url))

const expectedSend = z.object({
  endpoint: z.string(),
  event: z.string(),
  reason: z.string(),
  severity: z.string(),
  slos: z.array(z.string()),
  root_cause: z.string().nullable(),
  incident: z.string(),
  reference_s: z.number(),
  between_s: z.tuple([z.number(), z.number()]),
  evidence: z
    .array(z.object({ slo: z.string(), tier: z.string(), burn_long: z.number(), burn_short: z.number() }))
    .nullish()
    .transform((rows) => rows ?? null),
})
type Expected = z.output<typeof expectedSend>

const text = existsSync(FILE) ? readFileSync(FILE, 'utf8') : null
const expectations = new Map<string, { expect: Expected[]; nothingAt: string[] }>()
let file: ScenarioFile | null = null
if (text !== null) {
  const parsed = parseScenarios(text)
  if ('faults' in parsed) throw new Error(parsed.faults.join('\n'))
  file = parsed.file
  const raw = JSON.parse(text) as { scenarios: { id: string; expect: unknown[]; expect_nothing_at: string[] }[] }
  for (const { id, expect, expect_nothing_at } of raw.scenarios)
    expectations.set(id, { expect: expect.map((row) => expectedSend.parse(row)), nothingAt: expect_nothing_at })
}
const scenarios = file?.scenarios ?? []

const sentence = ({
  event,
  reason,
  severity,
  slos,
  root_cause,
}: Pick<Send, 'slos' | 'root_cause'> & { event: string; reason: string; severity: string }) =>
  `${event} ${reason} ${severity} of ${slos.join(' ')} by ${root_cause}`

/** Printed incidents in the words of the table: one name for each, and no name for two. */
function aliasesOf(sends: readonly Send[], expected: readonly Expected[]): Map<string, string> {
  const aliases = new Map<string, string>()
  for (const send of sends) {
    const match = expected.find(
      (row) =>
        row.endpoint === send.endpoint &&
        sentence(row) === sentence(send) &&
        row.between_s[0] <= send.at_s &&
        send.at_s <= row.between_s[1],
    )
    if (match && !aliases.has(send.incident)) aliases.set(send.incident, match.incident)
  }
  return aliases
}

/** Only tiers of the table, the leading one of each SLO among them, with burns that follow from their own counts. */
function compareEvidence({ evidence }: Send, expected: Expected, slos: readonly ScenarioSlo[]) {
  const wanted = expected.evidence
  if (wanted === null) return expect(evidence).toBeNull()
  const rows = evidence ?? []
  const named = ({ slo, tier }: { slo: string; tier: string }) => `${slo} ${tier}`
  const sloOf = (name: string) => slos.find((each) => each.name === name)!
  const factorOf = ({ slo, tier }: { slo: string; tier: string }) =>
    Number(sloOf(slo).tiers.find(({ id }) => id === tier)?.factor)
  for (const row of rows) {
    expect(wanted.map(named)).toContain(named(row))
    for (const [burn, { good, total }] of [[row.burn_long, row.long] as const, [row.burn_short, row.short] as const]) {
      const exact = ((total - good) * 1e6) / (total * (1e6 - sloOf(row.slo).target_ppm))
      expect(Math.abs(burn / exact - 1)).toBeLessThanOrEqual(1e-7)
      expect(burn).toBeGreaterThan(factorOf(row))
    }
  }
  for (const own of Map.groupBy(wanted, ({ slo }) => slo).values()) {
    const urgency = (row: (typeof own)[number]) => Math.min(row.burn_long, row.burn_short) / factorOf(row)
    const lead = own.toSorted((a, b) => urgency(b) - urgency(a))[0]!
    expect(rows.map(named)).toContain(named(lead))
  }
}

describe.skipIf(text === null)('the table of alerting scenarios', () => {
  it('has 27 rows', () => expect(scenarios).toHaveLength(27))

  // 7 s divides no minute.
  for (const intervalSeconds of [60, 7, 5]) {
    it.each(scenarios)(`$id $title, one evaluation per ${intervalSeconds} s`, async (scenario) => {
      const { sends } = await rehearse(scenario, file?.policy ?? {}, { intervalSeconds })
      const { expect: expected, nothingAt } = expectations.get(scenario.id)!
      const aliases = aliasesOf(sends, expected)
      expect(new Set(aliases.values()).size).toBe(aliases.size)
      for (const { name } of scenario.endpoints) {
        const incidents = new Set(expected.map(({ incident }) => incident))
        for (const incident of incidents) {
          const seen = sends.filter((send) => send.endpoint === name && aliases.get(send.incident) === incident)
          const wanted = expected.filter((row) => row.endpoint === name && row.incident === incident)
          expect(seen.map(sentence), `${name}, ${incident}`).toEqual(wanted.map(sentence))
          for (const [n, row] of wanted.entries()) {
            const send = seen[n] as Send
            expect(send.at_s).toBeGreaterThanOrEqual(row.between_s[0])
            expect(send.at_s).toBeLessThanOrEqual(row.between_s[1])
            compareEvidence(send, row, scenario.slos)
          }
        }
        if (nothingAt.includes(name)) expect(sends.filter((send) => send.endpoint === name)).toEqual([])
      }
      expect(sends.filter(({ incident }) => !aliases.has(incident))).toEqual([])
    })
  }
})
