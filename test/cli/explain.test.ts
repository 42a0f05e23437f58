import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explainSlo } from '../../cli/explain-command.ts'
import { explainText } from '../../cli/explain-text.ts'
import { findSlo } from '../../cli/find-slo.ts'
import { rangeOf, requestRemeasure } from '../../cli/remeasure-command.ts'
import { createMeasurer } from '../../evaluator/measure/measure.ts'
import type { MeasuredIndicator, Slo } from '../../slo/model.ts'
import { readRemeasure } from '../../storage/remeasure-requests.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { QUIET } from '../evaluator/evaluation.ts'
import { slo } from '../slo/build.ts'
import { callRow, storeCalls } from '../storage/calls.ts'
import { testDatabase } from '../support/database.ts'

const NOW = new Date('2026-01-31T12:00:30Z')
const MINUTE_MS = 60_000
const ago = (minutes: number) => NOW.getTime() - minutes * MINUTE_MS

const answers = slo({ name: 'stripe-answers' })
const written: MeasuredIndicator = { source: 'sql', name: 'written', query: 'SELECT minute, good, total FROM nowhere' }
const composite: Slo = {
  ...answers,
  name: 'journey',
  indicator: {
    source: 'composite',
    name: 'journey',
    method: 'weighted-mean',
    members: [
      {
        displayName: 'pay',
        indicator: answers.indicator as MeasuredIndicator,
        generation: answers.generation,
        weight: 2,
        targetPpm: 999_000,
      },
      { displayName: 'ship', indicator: written, generation: 'written-1', weight: 1, targetPpm: 990_000 },
    ],
  },
}

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
  await storeCalls(
    store.db,
    [1, 2, 2_000].map((minutes) => callRow({ ts: ago(minutes), dependency: 'stripe' })),
    'calls',
  )
  await recordDefinitions(
    store.db,
    [answers, composite].map((one) => ({ name: one.name, state: 'active', slo: one, problems: [], source: 'test' })),
    NOW,
  )
})
afterAll(() => store[Symbol.asyncDispose]())

describe('an SLO is explained', () => {
  test('by the select of its SLI, its parameters, and what a run over the last day read', async () => {
    const { slo: name, method, indicators } = await explainSlo(store.db, answers, NOW)
    expect([name, method, indicators.length]).toEqual(['stripe-answers', null, 1])
    const [{ sql, params, cost, error, source }] = indicators as [(typeof indicators)[0]]
    expect(sql).toMatch(/^SELECT minute AS minute, .+ AS good, .+ AS total\nFROM calls_1m/)
    expect(params).toMatchObject({
      from: new Date('2026-01-30T12:00:00Z'),
      to: new Date('2026-01-31T12:00:00Z'),
    })
    expect(Object.values(params)).toContainEqual(['stripe'])
    expect([error, source, cost?.minutes]).toEqual(['', 'calls', 2])
    expect(cost?.rowsRead).toBeGreaterThanOrEqual(2)
    const used = [...sql.matchAll(/\{(\w+):/g)].map(([, param]) => param)
    expect(Object.keys(params).sort()).toEqual([...new Set(used)].sort())
  })

  test('member by member when it is a composite, and one that cannot run says why', async () => {
    const explained = await explainSlo(store.db, composite, NOW)
    expect(explained.method).toBe('weighted-mean')
    expect(explained.indicators.map(({ name, cost }) => [name, cost === null])).toEqual([
      ['stripe-availability', false],
      ['written', true],
    ])
    expect(explained.indicators[1]?.error).toMatch(/nowhere/)
  })

  test('in words: the select, one parameter a line, and the price', async () => {
    const text = explainText(await explainSlo(store.db, composite, NOW))
    expect(text).toContain('journey: 2 SLIs, joined by the method weighted-mean')
    expect(text).toContain('SLI stripe-availability (source calls, generation 00000000deadbeef)')
    expect(text).toMatch(/\n {2}from +2026-01-30T12:00:00.000Z\n/)
    expect(text).toMatch(/over the last day: 2 minutes answered from [\d,]+ rows, [\d.]+ (bytes|KiB), in \d+ ms/)
    expect(text).toContain('cannot be measured: the SELECT fails')
  })
})

describe('an SLO that there is not', () => {
  test('is answered with the name that may be meant', async () => {
    await expect(findSlo(store.db, 'stripe-answer')).rejects.toThrow(
      'there is no SLO stripe-answer: did you mean stripe-answers?',
    )
    await expect(findSlo(store.db, 'warehouse')).rejects.toThrow('there is no SLO warehouse: there are 2 SLOs')
  })
})

describe('a range to measure again', () => {
  const ROWS: Record<string, [from: string, to: string | undefined, expected: [string, string] | string]> = {
    'ends now unless said': ['2026-01-31T10:00:00Z', undefined, ['2026-01-31T10:00:00.000Z', NOW.toISOString()]],
    'is UTC where no zone is given': [
      '2026-01-30',
      '2026-01-31 10:00',
      ['2026-01-30T00:00:00.000Z', '2026-01-31T10:00:00.000Z'],
    ],
    'keeps its zone': ['2026-01-31T10:00:00+02:00', undefined, ['2026-01-31T08:00:00.000Z', NOW.toISOString()]],
    'must begin before it ends': ['2026-01-31', '2026-01-30', '--from must be before --to'],
    'ends now at the latest': ['2026-01-31', '2027-01-01', ['2026-01-31T00:00:00.000Z', NOW.toISOString()]],
    'must not be still to come': ['2026-02-01', undefined, '--from is still to come'],
    'must not be still to come when its end is said': ['2030-01-01', '2031-01-01', '--from is still to come'],
    'must be times': ['yesterday', undefined, '--from must be a time'],
  }
  for (const [title, [from, to, expected]] of Object.entries(ROWS)) {
    test(title, () => {
      const read = () => rangeOf({ from, ...(to !== undefined && { to }) }, NOW)
      if (typeof expected === 'string') expect(read).toThrow(expected)
      else expect(Object.values(read()).map((time) => time.toISOString())).toEqual(expected)
    })
  }

  test('is asked for by a row, and done by the evaluator that runs', async () => {
    const request = await requestRemeasure(store.db, 'stripe-answers', { from: new Date(ago(60)), to: NOW }, NOW)
    expect(await readRemeasure(store.db, request.id)).toEqual({ doneAt: null })
    await createMeasurer(store.db, QUIET, Number.POSITIVE_INFINITY).measure([answers], NOW)
    expect(await readRemeasure(store.db, request.id)).toEqual({ doneAt: NOW })
  })
})
