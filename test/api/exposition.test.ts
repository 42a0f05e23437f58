import { describe, expect, test } from 'vitest'
import { CLASSIC, type Family, formatFor, OPEN_METRICS, renderFamilies } from '../../api/exposition.ts'

const counter: Family = {
  name: 'calls_total',
  type: 'counter',
  help: 'Calls "made".\nAll of them.',
  samples: [{ labels: { to: 'a"b\\c\nd', env: '' }, value: 3 }],
}

describe('text of metrics', () => {
  test('the classic format keeps the name, escapes labels and leaves empty ones out', () => {
    expect(renderFamilies([counter], CLASSIC)).toBe(
      '# HELP calls_total Calls "made".\\nAll of them.\n# TYPE calls_total counter\ncalls_total{to="a\\"b\\\\c\\nd"} 3\n',
    )
  })

  test('OpenMetrics names the family without _total and ends with EOF', () => {
    expect(renderFamilies([counter], OPEN_METRICS)).toBe(
      '# HELP calls Calls \\"made\\".\\nAll of them.\n# TYPE calls counter\ncalls_total{to="a\\"b\\\\c\\nd"} 3\n# EOF\n',
    )
  })

  test('numbers keep all digits and infinities have their own words', () => {
    const values = [0.1 + 0.2, 1e21, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0.5]
    const text = renderFamilies(
      [{ name: 'x', type: 'gauge', help: 'X.', samples: values.map((value) => ({ labels: {}, value })) }],
      CLASSIC,
    )
    expect(text.split('\n').slice(2, -1)).toEqual([
      'x 0.30000000000000004',
      'x 1e+21',
      'x +Inf',
      'x -Inf',
      'x NaN',
      'x -0.5',
    ])
  })

  test('a family without samples leaves no trace', () => {
    expect(renderFamilies([{ ...counter, samples: [] }], CLASSIC)).toBe('\n')
  })

  test.each([
    ['nothing asked', undefined, CLASSIC],
    ['a browser', 'text/html', CLASSIC],
    ['Prometheus', 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3', OPEN_METRICS],
  ])('%s', (_, accept, format) => {
    expect(formatFor(accept)).toBe(format)
  })
})
