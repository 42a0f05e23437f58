import { expect, test } from 'vitest'
import { SEED } from '../support/random.ts'
import type { FaultName } from './faults.ts'
import { runRounds } from './rounds.ts'

/** The quick ones; `npm run test:faults` tries all, as often as is wished. */
const FAULTS: FaultName[] = [
  'collector and engine are killed at once',
  'the collector is killed again and again',
  'the engine stays down until the disk limit is reached',
  'the disk is full',
  'the clock is set forth and back',
]

test('rounds of random faults under load: after each, what was acknowledged is stored once', {
  timeout: 300_000,
}, async () => {
  const say = (line: string) => console.log(line)
  const wrong = await runRounds({ rounds: FAULTS.length, seed: SEED, faults: FAULTS, say })
  expect(wrong).toEqual([])
})
