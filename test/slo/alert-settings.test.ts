import { describe, expect, it } from 'vitest'
import { configSchema } from '../../runtime/config-schema.ts'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import { kindsOf, policyOf } from '../../slo/alert/alert-settings.ts'

const alerting = (changes: object = {}) => configSchema.parse({ alerting: changes }).alerting

describe('alerting as configured', () => {
  it('is as patient as documented unless it says otherwise', () => {
    expect(policyOf(alerting())).toEqual(ALERT_POLICY)
    expect(policyOf(alerting({ repeat: { page: '1h' }, groupInterval: '1m', dryRun: true }))).toMatchObject({
      repeatMs: { page: 3_600_000, ticket: 86_400_000 },
      groupIntervalMs: 60_000,
      dryRun: true,
    })
  })

  it('alerts on everything but unusual hours', () => {
    expect([...kindsOf(alerting())].sort()).toEqual([
      'DependencyFailureMode',
      'PlumblineBlind',
      'ProbeFailing',
      'SLOBudgetSpent',
      'SLOBurnRate',
      'SLOExhaustion',
      'TelemetryAbsent',
    ])
  })

  it('switches each kind; burn rates always alert', () => {
    const none = Object.fromEntries(Object.keys(alerting().kinds).map((kind) => [kind, false]))
    expect([...kindsOf(alerting({ kinds: none }))]).toEqual(['SLOBurnRate'])
    expect(kindsOf(alerting({ kinds: { unusual: true } })).has('SLOUnusual')).toBe(true)
  })
})
