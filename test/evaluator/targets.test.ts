import { describe, expect, test } from 'vitest'
import { policiesOf } from '../../evaluator/targets.ts'
import { slo } from '../slo/build.ts'

const ENDPOINTS = new Set(['pager', 'desk'])
const naming = (...endpoints: string[]) =>
  slo({ name: 'checkout', policies: { endpoints, whenBreaching: true, whenResolved: true, whenNoData: false } })

describe('notification targets of an SLO', () => {
  const rows: [string, string[], string[]][] = [
    ['that exist are kept', ['desk', 'pager'], ['desk', 'pager']],
    ['that do not exist are left out', ['desk', 'pagr'], ['desk']],
    ['of which none exists leave it to the routes', ['pagr'], []],
    ['may be none', [], []],
  ]
  test.each(rows)('%s', (_, named, kept) => {
    expect(policiesOf([naming(...named)], ENDPOINTS).get('checkout')?.endpoints).toEqual(kept)
  })

  test('an SLO without policies has none', () => {
    expect(policiesOf([slo({ name: 'checkout' })], ENDPOINTS).get('checkout')).toBeNull()
  })
})
