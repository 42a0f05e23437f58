import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planObjects } from '../../../slo/openslo/plan.ts'
import { checkTiers } from '../../../slo/tiers.ts'
import { parseSloText } from '../../../storage/slo-text.ts'
import { SLO_TEXT } from './text.ts'

const problemsOf = (text: string) => planObjects(parseSloText(text, 'slo.yaml').objects).problems
const errorsOf = (text: string) => problemsOf(text).filter(({ severity }) => severity === 'error')
const sayings = (text: string) => errorsOf(text).map(({ message, hint = '' }) => `${message}. ${hint}`)
const occurrences = (objective: string) => SLO_TEXT.replace('target: 0.999', objective)
const slices = (window: string, target: string, share: string, slice: string) =>
  SLO_TEXT.replace('Occurrences', 'Timeslices')
    .replace(/duration: \d+d/, `duration: ${window}`)
    .replace('target: 0.999', `target: ${target}\n      timeSliceTarget: ${share}\n      timeSliceWindow: ${slice}`)

describe('a number that is proposed is accepted itself', () => {
  it.each([
    ['target', 0.9999999, '0.999999'],
    ['target', 0.99999951, '0.999999'],
    ['targetPercent', 99.99996, '99.9999'],
    ['target', 0.0000001, '0.000001'],
    ['target', 0.9990001, '0.999'],
  ])('in the place of %s: %d', (key, wrong, proposed) => {
    const [said = ''] = sayings(occurrences(`${key}: ${wrong}`))
    expect(said).toContain(`${proposed} would do`)
    expect(sayings(occurrences(`${key}: ${proposed}`))).toEqual([])
  })

  it.each([
    ['duration: 30d', 'duration: 30', 'Add the unit: 30d', 'duration: 30d'],
    ['name: pay', 'name: 2026', 'Quote it: "2026"', 'name: "2026"'],
  ])('in the place of %s: %s', (right, wrong, hint, proposed) => {
    expect(SLO_TEXT).toContain(right)
    expect(sayings(SLO_TEXT.replace(right, wrong))[0]).toContain(hint)
    expect(sayings(SLO_TEXT.replace(right, proposed))).toEqual([])
  })

  it('a quoted number is proposed only where any text is taken', () => {
    const calendar = SLO_TEXT.replace(/isRolling: true/, 'calendar: { startTime: 2026, timeZone: 1 }')
    expect(sayings(calendar).join()).not.toContain('Quote it')
  })

  it('whatever the target', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (target) => {
        const [, proposed] = /: ([\d.]+) would do/.exec(sayings(occurrences(`target: ${target}`))[0] ?? '') ?? []
        if (proposed !== undefined) expect(sayings(occurrences(`target: ${proposed}`))).toEqual([])
      }),
    )
  })

  it('whatever the slices', () => {
    const windows = fc.constantFrom('1d', '7d', '28d', '30d', '90d', '365d')
    const lengths = fc.oneof(
      fc.integer({ min: 1, max: 200 }).map((n) => `${n}m`),
      fc.integer({ min: 1, max: 100 }).map((n) => `${n}h`),
    )
    const targets = fc.constantFrom('0.9', '0.99', '0.999')
    fc.assert(
      fc.property(windows, lengths, targets, (window, length, target) => {
        const [said = ''] = sayings(slices(window, target, '0.95', length))
        const [, proposed] = /: (\d+m) would/.exec(said) ?? []
        if (proposed !== undefined)
          expect([said, sayings(slices(window, target, '0.95', proposed))]).toEqual([said, []])
      }),
    )
  })

  it('in the place of a share of slices', () => {
    const [said = ''] = sayings(slices('30d', '0.999', '0.9999999', '5m'))
    expect(said).toContain(': 1 would do')
    expect(sayings(slices('30d', '0.999', '1', '5m'))).toEqual([])
  })

  it('in the place of the factor of a condition', () => {
    const context = fc.record({
      sloWindowMinutes: fc.constantFrom(7, 28, 30, 90, 365).map((days) => days * 1440),
      budgetPpm: fc.integer({ min: 1, max: 999_999 }),
    })
    const long = fc.integer({ min: 2, max: 4_320 })
    fc.assert(
      fc.property(context, long, fc.double({ min: -10, max: 1e7, noNaN: true }), (of, longMinutes, factor) => {
        const tier = { severity: 'page' as const, longMinutes, shortMinutes: 1 }
        const [wrong] = checkTiers([{ ...tier, factor }], of).errors
        if (!wrong) return
        const [, most] = /(?:at most|up to) ([\d.e+-]+)(?:,|$)/.exec(wrong.message) ?? []
        const [, ceiling] = /(?:burns at|a factor below) ([\d.e+-]+)/.exec(wrong.message) ?? []
        const proposed = most === undefined ? Number(ceiling) * 0.999 : Number(most)
        expect([wrong.message, checkTiers([{ ...tier, factor: proposed }], of).errors]).toEqual([wrong.message, []])
      }),
    )
  })
})
