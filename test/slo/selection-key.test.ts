import { describe, expect, it } from 'vitest'
import { sloSubject } from '../../slo/alert/signal.ts'
import type { CallsIndicator, Indicator } from '../../slo/model.ts'
import { selectionKey } from '../../slo/selection-key.ts'
import { slo } from './build.ts'

const SLO = slo()
const CALLS = SLO.indicator as CallsIndicator
const withTotal = (changes: Partial<CallsIndicator['total']>, name = 'x'): Indicator => ({
  ...CALLS,
  name,
  total: { ...CALLS.total, ...changes },
})
const isSame = (indicator: Indicator) => selectionKey(indicator) === selectionKey(CALLS)

describe('what an SLI looks at', () => {
  const SAME: Record<string, Indicator> = {
    'another name': withTotal({}),
    'other outcomes that are left out': withTotal({ outcome: { notIn: [] } }),
    'a latency': {
      ...CALLS,
      numerator: { counts: 'good', selection: { ...CALLS.total, latency: { op: 'lte', ns: 300_000_000 } } },
    },
    'the same names in another order': withTotal({
      fields: { dependency: { in: ['stripe'] }, service: { in: ['checkout'] } },
    }),
  }
  it.each(Object.entries(SAME))('is the same with %s', (_title, indicator) => expect(isSame(indicator)).toBe(true))

  const OTHER: Record<string, Indicator> = {
    'another service': withTotal({ fields: { ...CALLS.total.fields, service: { in: ['cart'] } } }),
    'an environment': withTotal({ fields: { ...CALLS.total.fields, env: { in: ['prod'] } } }),
    'the other direction': withTotal({ direction: 'inbound' }),
    'an attribute': withTotal({ attributes: { region: { in: ['eu'] } } }),
    'first attempts alone': withTotal({ attempt: 'first' }),
    'an SQL of its own': { source: 'sql', name: 'x', query: 'SELECT 1' },
  }
  it.each(Object.entries(OTHER))('is something else with %s', (_title, indicator) =>
    expect(isSame(indicator)).toBe(false),
  )
})

describe('alerts of SLOs that look at the same', () => {
  const strict = slo({ name: 'strict', targetPpm: 999_900 })
  it('have one group for each kind', () => {
    expect(sloSubject(strict, 'SLOBurnRate').group).toBe(sloSubject(SLO, 'SLOBurnRate').group)
    expect(sloSubject(strict, 'TelemetryAbsent', 'absent').group).toBe(
      sloSubject(SLO, 'TelemetryAbsent', 'absent').group,
    )
    expect(sloSubject(SLO, 'TelemetryAbsent', 'absent').group).not.toBe(sloSubject(SLO, 'SLOBurnRate').group)
  })
})
