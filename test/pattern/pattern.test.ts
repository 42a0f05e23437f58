import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePattern, patternFault, searchFault } from '../../pattern/pattern.ts'
import { loadConfig } from '../../runtime/config.ts'

describe('patterns that are taken', () => {
  const good = [
    String.raw`\b\d{3}-\d{2}-\d{4}\b`,
    String.raw`[\w.+-]+@[\w-]+\.[a-z]{2,}`,
    String.raw`(?:\d{4}[ -]?){3}\d{4}`,
    'cust-(?:[a-f0-9]{8}){3}',
    '(?i)customer',
    '[[:alpha:]]+',
    String.raw`\pL+`,
    'x(?P<name>y+)z',
    'x(?<name>y+)z',
    String.raw`api\-v1\.x`,
    '(a+)+$',
    '(?:a|aa)+$',
    String.raw`\w+\w+\w+!`,
    'a+b+c+d+',
  ]
  test.each(good)('%s', (pattern) => expect(searchFault(pattern)).toBeNull())
})

describe('patterns that are refused say what and where', () => {
  const bad: [string, string][] = [
    ['a(?=b)', 'looks around (at character 2), which RE2 does not know'],
    ['a(?!b)', 'looks around (at character 2)'],
    ['(?<=customer )x', 'looks around (at character 1)'],
    ['(?<!a)x', 'looks around (at character 1)'],
    [String.raw`(a)b\1`, 'refers back to a group (at character 5)'],
    [String.raw`(?<q>a)\k<q>`, 'refers back to a group (at character 8)'],
    ['(?>a)', 'is possessive (at character 1)'],
    ['(a', 'is no regular expression of RE2: missing closing ) `(a` (at character 1)'],
    ['x[a', 'is no regular expression of RE2: missing closing ] `[a` (at character 2)'],
    ['a)|(b', 'is no regular expression of RE2: unexpected )'],
    ['ab[z-a]', 'invalid character class range `z-a` (at character 4)'],
    ['a{1001}', 'invalid repeat count `{1001}` (at character 2)'],
    [String.raw`(?:\pL{1,900}){1,1}\pL{1,900}`, 'repeats too much'],
    ['a'.repeat(1_001), 'longer than 1000 characters'],
    ['a*', 'matches an empty text'],
    ['', 'matches an empty text'],
  ]
  test.each(bad)('%s', (pattern, expected) => expect(searchFault(pattern)).toContain(expected))

  test('a fault names its key', () => {
    const fault = (overrides: object) => () =>
      loadConfig({ env: { PLUMBLINE_CONFIG: '/dev/null' }, overrides: { ...overrides } })
    expect(fault({ redaction: { patterns: ['fine', 'a(?=b)'] } })).toThrow(
      'redaction.patterns.1: the pattern looks around (at character 2), which RE2 does not know; write what is to match itself',
    )
    expect(fault({ routes: [{ match: { service: '=~a(' }, endpoints: [] }] })).toThrow(
      /match\.service: the pattern is no regular expression of RE2: missing closing \)/,
    )
  })
})

describe('what a pattern means', () => {
  const rows: [string, string, boolean][] = [
    ['the whole text must fit', 'check', false],
    ['alternatives are anchored as one', 'cart|out', false],
    ['a part with the rest', 'check.*|cart', true],
    ['anchors of its own change nothing', '^checkout$', true],
    ['case matters', 'CHECKOUT', false],
    ['unless it says otherwise', '(?i)CHECKOUT', true],
  ]
  test.each(rows)('%s', (_, pattern, expected) => expect(compilePattern(pattern).fits('checkout')).toBe(expected))

  test('a dot fits no line break, as in Alertmanager', () => {
    expect([compilePattern('a.b').fits('a\nb'), compilePattern('(?s)a.b').fits('a\nb')]).toEqual([false, true])
  })

  test('what is searched is found as RegExp finds it', () => {
    const piece = fc.constantFrom('a', 'b', '.', 'a+', 'b?', '(?:ab)+', '[ab]', String.raw`\d`, '|', String.raw`\ba`)
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', 'é', '😀') })
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), text, (pieces, searched) => {
        const pattern = pieces.join('')
        if (searchFault(pattern) !== null) return
        expect(compilePattern(pattern).replaceIn(searched, () => '#')).toBe(
          searched.replace(new RegExp(pattern, 'gu'), (found) => (found === '' ? '' : '#')),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  test('any text is judged without error', () => {
    fc.assert(
      fc.property(fc.string(), (pattern) => void patternFault(pattern)),
      { numRuns: 2_000 },
    )
  })
})
