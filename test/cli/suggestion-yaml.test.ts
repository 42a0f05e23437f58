import { describe, expect, it } from 'vitest'
import { suggestionYaml } from '../../cli/suggestion-yaml.ts'
import { planObjects } from '../../slo/openslo/plan.ts'
import { type SuggestedSlo, suggestSlos } from '../../slo/replay/suggested-slo.ts'
import { parseSloText } from '../../storage/slo-text.ts'

const SUGGESTIONS: SuggestedSlo[] = ['acme-pay', ''].flatMap((dependency) =>
  suggestSlos([
    {
      service: 'Shop/checkout',
      dependency,
      env: 'prod',
      total: 100_000,
      failed: 10,
      badOutcomes: ['timeout', 'server_error'],
      durations: [{ atMostNs: 240_000_000, calls: 100_000 }],
    },
  ]),
)

const planned = (slo: SuggestedSlo) => planObjects(parseSloText(suggestionYaml(slo), 'suggested.yaml').objects)

describe('a suggestion is an OpenSLO document', () => {
  it.each(SUGGESTIONS.map((slo) => [slo.name, slo] as const))('%s can be loaded as it stands', (_name, slo) => {
    const { slos, problems } = planned(slo)
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(slos[0]?.slo?.objective.targetPpm).toBe(slo.targetPpm)
  })

  it('that counts what was observed', () => {
    const [slo] = SUGGESTIONS
    const indicator = slo && planned(slo).slos[0]?.slo?.indicator
    if (indicator?.source !== 'calls') throw new Error('expected an indicator over calls')
    expect(indicator.numerator).toMatchObject({
      counts: 'bad',
      selection: { outcome: { in: ['server_error', 'timeout'] }, direction: 'outbound' },
    })
    expect(indicator.total.fields).toMatchObject({
      service: { in: ['Shop/checkout'] },
      dependency: { in: ['acme-pay'] },
      env: { in: ['prod'] },
    })
  })

  it('that says why above it', () => {
    expect(suggestionYaml(SUGGESTIONS[0]!)).toMatch(/^# Observed: 10 bad of 100,000;/)
  })

  it('over calls a service answers leaves out what its callers got wrong', () => {
    const inbound = SUGGESTIONS.find(({ dependency, kind }) => dependency === '' && kind === 'availability')
    const indicator = inbound && planned(inbound).slos[0]?.slo?.indicator
    if (indicator?.source !== 'calls') throw new Error('expected an indicator over calls')
    expect(indicator.total).toMatchObject({ direction: 'inbound', outcome: { notIn: ['cancelled', 'client_error'] } })
  })
})
