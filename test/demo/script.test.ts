import { expect, test } from 'vitest'
import { SCRIPT } from '../../cli/demo/script.ts'
import { PROVIDER_IDS } from '../../deploy/demo/providers.ts'

const kinds = SCRIPT.flatMap(({ faults }) => Object.values(faults).map(({ kind }) => kind))

test('the script shows every failure mode the demo promises', () => {
  expect(new Set(kinds)).toEqual(new Set(['expired-credential', 'throttle', 'creep', 'schema-change', 'outage']))
})

test('every third party has its turn', () => {
  expect(new Set(SCRIPT.flatMap(({ faults }) => Object.keys(faults)))).toEqual(new Set(PROVIDER_IDS))
})

test('each failure is followed by a recovery, so that the script can loop', () => {
  const faulty = SCRIPT.map(({ faults }) => Object.keys(faults).length > 0)
  for (const [n, now] of faulty.entries()) {
    if (now) expect(faulty[n + 1]).toBe(false)
  }
  expect(faulty[0]).toBe(false)
  expect(faulty.at(-1)).toBe(false)
})

test('the first failure comes early enough to be seen within two minutes', () => {
  const first = SCRIPT.findIndex(({ faults }) => Object.keys(faults).length > 0)
  expect(SCRIPT.slice(0, first).reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThanOrEqual(30)
})

test('the last recovery is long enough for the pages of the slower tier to resolve', () => {
  const last = SCRIPT.at(-1)!
  expect(last.seconds).toBeGreaterThan((30 + 5) * 60)
  expect(last.look).toContain('resolve')
})
