import { expect, test } from 'vitest'
import { type Expansion, expand } from './macros.ts'

const RANGE: Expansion = {
  from: 1_767_225_600,
  to: 1_767_229_200,
  intervalSeconds: 30,
  picked: { service: 'all', slo: ['pay'], env: ['a', "b'c"], none: [] },
}

test.each([
  ['$__timeFilter(minute)', 'minute >= toDateTime(1767225600) AND minute <= toDateTime(1767229200)'],
  [
    '$__timeFilter_ms(ts)',
    'ts >= fromUnixTimestamp64Milli(1767225600000) AND ts <= fromUnixTimestamp64Milli(1767229200000)',
  ],
  ['$__fromTime < $__toTime', 'toDateTime(1767225600) < toDateTime(1767229200)'],
  ['$__fromTime_ms', 'fromUnixTimestamp64Milli(1767225600000)'],
  ['$__toTime_ms', 'fromUnixTimestamp64Milli(1767229200000)'],
  ['$__timeInterval(ts)', 'toStartOfInterval(toDateTime(ts), INTERVAL 30 second)'],
  ['greatest($__interval_s, 60)', 'greatest(30, 60)'],
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Grafana's own placeholders
  ['$__conditionalAll(service IN (${service:singlequote}), $service)', '1=1'],
  ['$__conditionalAll(slo IN (${slo:singlequote}), $slo)', "slo IN ('pay')"],
  ['$__conditionalAll(env IN (${env:singlequote}), $env)', "env IN ('a','b\\'c')"],
  ['$__conditionalAll(x IN (${none:singlequote}), $none)', '1=1'],
  [
    '$__conditionalAll(f(a, b) IN (${slo:singlequote}), $slo) AND $__timeFilter(toStartOfHour(t))',
    "f(a, b) IN ('pay') AND toStartOfHour(t) >= toDateTime(1767225600) AND toStartOfHour(t) <= toDateTime(1767229200)",
  ],
])('%s', (sql, expected) => {
  expect(expand(sql, RANGE)).toBe(expected)
})

test.each([
  'SELECT $__timeGroup(ts)',
  'SELECT $unknown',
  'IN (${service:singlequote})',
  '$__timeFilter(minute',
  '$__conditionalAll(1=1)',
])('refuses %s', (sql) => {
  expect(() => expand(sql, RANGE)).toThrow()
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: Grafana's own placeholders
