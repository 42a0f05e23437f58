import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { PROVIDERS } from '../../deploy/demo/providers.ts'
import { callTotalsOf } from '../../slo/indicator.ts'
import type { LoadedSlos } from '../../slo/reconcile.ts'
import { loadSloDir } from '../../storage/slo-files.ts'

let loaded: LoadedSlos
beforeAll(async () => {
  loaded = await loadSloDir(fileURLToPath(new URL('../../slos', import.meta.url)))
})

/** Other sources than calls, and a composite; what they show alerts where it is caused. */
const SHOWN = ['checkout-charges-once', 'checkout-orders-paid', 'checkout-within-a-second', 'purchase-journey']

test('all SLOs are loaded without a single problem', () => {
  expect(loaded.complete).toBe(true)
  expect(loaded.problems).toEqual([])
  expect(loaded.slos.map(({ name }) => name).sort()).toEqual([
    'accounts-identity-auth',
    'checkout-availability',
    'checkout-charges-once',
    'checkout-orders-paid',
    'checkout-payment-availability',
    'checkout-payment-latency',
    'checkout-shipping-availability',
    'checkout-within-a-second',
    'notifications-email-delivery',
    'purchase-journey',
  ])
  for (const { problems } of loaded.slos) expect(problems).toEqual([])
})

test('each has what a page needs: a name for people, an owner, a runbook, both severities', () => {
  for (const { name, slo } of loaded.slos) {
    expect(slo, name).not.toBeNull()
    expect(slo?.displayName).not.toBe(name)
    expect(slo?.owner).toMatch(/-oncall$/)
    expect(slo?.runbook).toMatch(/^https:/)
    expect(slo?.alerting).toBe(SHOWN.includes(name) ? 'off' : 'mwmb')
    const severities = SHOWN.includes(name) ? [] : ['page', 'page', 'ticket', 'ticket']
    expect(slo?.tiers.map(({ severity }) => severity)).toEqual(severities)
  }
})

test('every source is shown', () => {
  const sources = loaded.slos.map(({ slo }) => slo?.indicator.source)
  expect(new Set(sources)).toEqual(new Set(['calls', 'metric', 'sql', 'composite']))
})

test('each third party of the demo has a promise about it', () => {
  const dependencies = loaded.slos.flatMap(({ slo }) => {
    const selected = slo ? callTotalsOf(slo.indicator).map(({ fields }) => fields.dependency) : []
    return selected.flatMap((selector) => (selector && 'in' in selector ? selector.in : []))
  })
  expect(new Set(dependencies)).toEqual(new Set(Object.values(PROVIDERS).map(({ name }) => name)))
})
