import { expect, test } from 'vitest'
import { OVERFLOW } from '../../integration/cardinality.ts'
import { LIMITS, SourceNames } from '../../integration/source-names.ts'

const HOUR_MS = 3_600_000
const few = { ...LIMITS, service: 2 }

test('the first names of a kind are admitted, and those that an SLO selects', () => {
  const names = new SourceNames([], 0, few)
  names.keepInUse(new Set(['checkout']))
  expect(['a', 'b', 'c', 'a', 'checkout', ''].map((name) => names.admit('service', name))).toEqual([
    'a',
    'b',
    OVERFLOW,
    'a',
    'checkout',
    '',
  ])
})

test('names of one kind leave those of others alone', () => {
  const names = new SourceNames([], 0, few)
  for (const name of ['a', 'b', 'c']) names.admit('service', name)
  expect(names.admitSource({ env: 'prod', service: 'd', version: '1', region: 'eu' })).toEqual({
    env: 'prod',
    service: OVERFLOW,
    version: '1',
    region: 'eu',
  })
})

test('a name that was not seen for a day gives way', () => {
  const names = new SourceNames(['old', 'busy'], 0, few)
  names.advance(23 * HOUR_MS)
  expect([names.admit('service', 'busy'), names.admit('service', 'new')]).toEqual(['busy', OVERFLOW])
  names.advance(24 * HOUR_MS)
  expect([names.admit('service', 'new'), names.admit('service', 'old'), names.admit('service', 'busy')]).toEqual([
    'new',
    OVERFLOW,
    'busy',
  ])
})
