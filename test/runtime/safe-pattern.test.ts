import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../runtime/config.ts'
import { patternFault } from '../../runtime/safe-pattern.ts'

describe('patterns of a configuration', () => {
  const good = [
    String.raw`\b\d{3}-\d{2}-\d{4}\b`,
    String.raw`[\w.+-]+@[\w-]+\.[a-z]{2,}`,
    String.raw`(?:\d{4}[ -]?){3}\d{4}`,
    String.raw`(?<=customer )[A-Z]{2}\d+`,
    'cust-(?:[a-f0-9]{8}){3}',
    'foo|bar',
    '(?:foo|bar)-[0-9]+',
    String.raw`a\+\(b+\)*c`,
    '[(a+)+]x',
    'x(?<name>y+)z',
  ]
  test.each(good)('%s is taken', (pattern) => expect(patternFault(pattern)).toBeNull())

  const bad: [string, string][] = [
    ['(a+)+$', 'repeats a group'],
    ['(?:a*)*b', 'repeats a group'],
    ['(a|aa)+$', 'repeats a group'],
    ['(x(a|b))*y', 'repeats a group'],
    ['((a+))+b', 'repeats a group'],
    ['(a{1,64}){2,64}b', 'repeats a group'],
    ['(a+){3}b', 'repeats a group'],
    ['(?:a?b?){9}c', 'repeats a group'],
    ['(?<n>a+)+b', 'repeats a group'],
    ['((a+){1}){2,}b', 'repeats a group'],
    ['(a+)+?b', 'repeats a group'],
    [String.raw`(a)b\1`, 'refers back'],
    [String.raw`(?<q>a)\k<q>`, 'refers back'],
    ['a+b+c+d+', 'more than 3 open-ended repeats'],
    ['a{2,}b{2,}c*d+', 'more than 3 open-ended repeats'],
    ['a*', 'matches an empty text'],
    ['', 'matches an empty text'],
    ['(a', 'no regular expression'],
    ['[a', 'no regular expression'],
    ['a'.repeat(600), 'longer than 512'],
  ]
  test.each(bad)('%s is refused: %s', (pattern, expected) => expect(patternFault(pattern)).toContain(expected))

  test('a fault names its key and says what to do', () => {
    const overrides = { redaction: { patterns: ['fine', '(a+)+'] } }
    expect(() => loadConfig({ env: { PLUMBLINE_CONFIG: '/dev/null' }, overrides })).toThrow(
      'redaction.patterns.1: the pattern repeats a group that itself repeats or chooses (at character 5), which can take for ever; write it without the nested quantifier',
    )
  })

  test('any text is judged without error, and what is taken compiles', () => {
    const piece = fc.constantFrom('a', '(', ')', '(?:', '|', '+', '*', '?', '{2}', '{1,}', '[', ']', '\\', '\\d', '.')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const pattern = pieces.join('')
        if (patternFault(pattern) === null) expect(() => new RegExp(pattern, 'gu')).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })
})
