import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sinceStart } from '../../api/since-start.ts'

const START = Date.UTC(2026, 0, 10, 12, 0, 30)
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

test('at any sequence of scrapes the sum is that of all events since the start, and none is counted twice', async () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 100 * 60 }), { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(gaps, async (minutes) => {
      const events: number[] = [START - HOUR_MS]
      const read = sinceStart({
        startedAt: new Date(START),
        read: async ({ from, to }) => [
          // Stored by minutes: a range that begins or ends within one would be refused, or lose events.
          {
            series: from.getTime() % MINUTE_MS || to.getTime() % MINUTE_MS ? 'no whole minutes' : 'a',
            n: events.filter((at) => at >= from.getTime() && at < to.getTime()).length,
          },
        ],
        keyOf: ({ series }) => series,
        add: (a, b) => ({ ...a, n: a.n + b.n }),
      })
      let now = START
      for (const gap of minutes) {
        now += gap * MINUTE_MS
        events.push(now)
        expect(await read(new Date(now + 123))).toEqual([{ series: 'a', n: events.length - 1 }])
      }
    }),
    { numRuns: 50 },
  )
})

test('what happened up to a day before it arrives still counts', async () => {
  const events = [START]
  const read = sinceStart({
    startedAt: new Date(START),
    read: async ({ from, to }) => [{ n: events.filter((at) => at >= from.getTime() && at < to.getTime()).length }],
    keyOf: () => '',
    add: (a, b) => ({ n: a.n + b.n }),
  })
  const later = new Date(START + 72 * HOUR_MS)
  expect(await read(later)).toEqual([{ n: 1 }])
  events.push(later.getTime() - 23 * HOUR_MS)
  expect(await read(later)).toEqual([{ n: 2 }])
})

test('groups beyond the bound are added up in one, and the first ones stay', async () => {
  const stored = ['a', 'b', 'c', 'd'].map((series) => ({ series, n: 1 }))
  const read = sinceStart({
    startedAt: new Date(START),
    read: async () => stored,
    keyOf: ({ series }) => series,
    add: (a, b) => ({ ...a, n: a.n + b.n }),
    bound: { limit: 2, groupOf: ({ series }) => series, overflow: (row) => ({ ...row, series: '_overflow' }) },
  })
  const expected = [
    { series: 'a', n: 1 },
    { series: 'b', n: 1 },
    { series: '_overflow', n: 2 },
  ]
  expect(await read(new Date(START + MINUTE_MS))).toEqual(expected)
  stored.unshift({ series: 'e', n: 1 })
  expect(await read(new Date(START + 2 * MINUTE_MS))).toEqual(
    expect.arrayContaining([...expected.slice(0, 2), { series: '_overflow', n: 3 }]),
  )
})
