import { expect, test } from 'vitest'
import { SLO_EXAMPLE } from '../../dashboards/web/slo-example.ts'
import { planObjects } from '../../slo/openslo/plan.ts'
import { parseSloText } from '../../storage/slo-text.ts'

test('the file that the empty page offers is a good one', () => {
  const { objects, problems } = parseSloText(SLO_EXAMPLE, 'slos/checkout.yaml')
  const plan = planObjects(objects)
  expect([...problems, ...plan.problems].filter(({ severity }) => severity === 'error')).toEqual([])
  expect(plan.slos.map(({ slo }) => slo?.name)).toEqual(['checkout-payments'])
})
