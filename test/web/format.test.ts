import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  budget,
  burn,
  burnAligned,
  count,
  duration,
  durationMs,
  few,
  listWords,
  milliseconds,
  plural,
  share,
  sli,
  target,
  time,
  windowName,
} from '../../dashboards/web/format.ts'

const NOON = Date.parse('2026-03-08T12:00:05Z')
const HOUR = 3_600_000

describe('budget', () => {
  test.each([
    ['no data is a dash', null, '–'],
    ['a full budget', 1, '100%'],
    ['a share is floored, never flattered', 0.4199, '41%'],
    ['binary noise does not cost a point', 0.29, '29%'],
    ['a small rest keeps a digit', 0.0321, '3.2%'],
    ['exactly spent', 0, '0.0%'],
    ['a hair overspent is not zero', -0.0003, '−0.1%'],
    ['overspent is negative', -0.342, '−35%'],
    ['far overspent is not clipped', -13.4, '−1,340%'],
  ])('%s', (_, remaining, text) => expect(budget(remaining)).toBe(text))

  test('never reads better than it is', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 1, noNaN: true }), (remaining) => {
        const shown = Number(budget(remaining).replace('−', '-').replace(/[,%]/g, '')) / 100
        expect(shown).toBeLessThanOrEqual(remaining + 1e-9)
        expect(remaining - shown).toBeLessThan(0.011)
      }),
    )
  })
})

describe('sli', () => {
  test.each([
    ['no events is a dash', null, 999_000, '–'],
    ['one digit more than the target', 0.99949, 999_000, '99.94%'],
    ['never rounded up to the target', 0.9989999, 999_000, '99.89%'],
    ['never rounded up to 100 %', 0.9999999, 999_950, '99.9999%'],
    ['all good', 1, 999_000, '100.00%'],
    ['without a target it is a plain share', 0.5, undefined, '50%'],
  ])('%s', (_, ratio, ppm, text) => expect(sli(ratio, ppm)).toBe(text))
})

test.each([
  [999_000, '99.9%'],
  [999_950, '99.995%'],
  [950_000, '95%'],
  [999_999, '99.9999%'],
])('a target of %i ppm is %s', (ppm, text) => expect(target(ppm)).toBe(text))

test.each([
  [null, '–', '–'],
  [0, '0×', '0.00×'],
  [0.456, '0.46×', '0.46×'],
  [14.4, '14.4×', '14.40×'],
  [1000.4, '1,000×', '1,000×'],
])('a burn of %s reads %s in text and %s in a column', (rate, text, column) => {
  expect(burn(rate)).toBe(text)
  expect(burnAligned(rate)).toBe(column)
})

test.each([
  [null, '–'],
  [0, '0%'],
  [0.00002, '<0.01%'],
  [0.0002, '0.02%'],
  [0.125, '12.5%'],
  [1, '100%'],
  [66.378, '6,638%'],
])('a share of %s is %s', (ratio, text) => expect(share(ratio)).toBe(text))

test.each([
  [-5, '0 s'],
  [12_400, '12 s'],
  [23 * 60_000, '23 min'],
  [2 * HOUR + 5 * 60_000, '2 h 5 min'],
  [3 * HOUR, '3 h'],
  [76 * HOUR, '3 d 4 h'],
])('%i ms lasts %s', (ms, text) => expect(duration(ms)).toBe(text))

test.each([
  ['5m', 300_000],
  ['30d', 2_592_000_000],
  ['4w', 2_419_200_000],
  ['1M', 30 * 24 * HOUR],
  ['2Q', 180 * 24 * HOUR],
  ['1Y', 365 * 24 * HOUR],
  ['1y', null],
  ['', null],
  ['-5m', null],
])('the duration %s is %s ms', (text, ms) => expect(durationMs(text)).toBe(ms))

test.each([
  [0.4, '0.4'],
  [0.04, '0.04'],
  [0.004, '<0.01'],
  [1e-11, '0'],
  [9.96, '10'],
  [40, '40'],
  [1_008.2, '1,008'],
])('%s is few as %s', (value, text) => expect(few(value)).toBe(text))

test('window names read back as the same length', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600_000 }), (minutes) => {
      expect(durationMs(windowName(minutes))).toBe(minutes * 60_000)
    }),
  )
})

describe('time', () => {
  test.each([
    ['today shows the clock and its zone', NOON - HOUR, NOON, '11:00 UTC'],
    ['another day shows the day too', NOON - 24 * HOUR, NOON, '7 Mar 12:00 UTC'],
    ['without a now the day always shows', NOON, null, '8 Mar 12:00 UTC'],
  ])('%s', (_, at, now, text) => expect(time(at, now, 'utc')).toBe(text))

  test('seconds on demand', () => expect(time(NOON, NOON, 'utc', 'second')).toBe('12:00:05 UTC'))
  test('local time is labelled as well', () => expect(time(NOON, NOON, 'local')).toMatch(/^\d\d:\d\d \S+$/))
})

test.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], 'a and b'],
  [['a', 'b', 'c'], 'a, b and c'],
])('%j reads "%s"', (words, text) => expect(listWords(words)).toBe(text))

test('small words', () => {
  expect(plural(1, 'page')).toBe('1 page')
  expect(plural(1200, 'call')).toBe('1,200 calls')
  expect(count(1234.5)).toBe('1,235')
  expect([0.42, 12.34, 184.4, 1840].map(milliseconds)).toEqual(['0.42 ms', '12.3 ms', '184 ms', '1.84 s'])
})
