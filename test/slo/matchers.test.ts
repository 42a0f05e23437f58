import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MATCHER_OPERATORS, matchersFault, matcherText, matchesAll, parseMatcher } from '../../slo/overlay/matchers.ts'

const ALERT = { alertname: 'SLOBurnRate', service: 'checkout', severity: 'page' }

describe('matching labels', () => {
  const rows: [string, string[], boolean][] = [
    ['an equal label matches', ['service="checkout"'], true],
    ['another value does not', ['service="cart"'], false],
    ['an unequal label matches', ['service!="cart"'], true],
    ['every matcher must hold', ['service="checkout"', 'severity="ticket"'], false],
    ['a pattern must match the whole value', ['service=~"check"'], false],
    ['a pattern that matches the whole value', ['service=~"check.*|cart"'], true],
    ['alternatives are anchored as one', ['service=~"cart|out"'], false],
    ['a negated pattern', ['service!~"cart.*"'], true],
    ['an absent label is empty', ['team=""'], true],
    ['an absent label is not something', ['team="payments"'], false],
    ['an absent label is unequal to something', ['team!="payments"'], true],
    ['an escape that only Go needs', [String.raw`service=~"check\\-?out"`], true],
    ['what looks slow to others is not', [String.raw`service=~"(\\w+)+out"`], true],
    ['a pattern that the store holds and nobody can read holds for nothing', ['service=~"a(?=b)"'], false],
    ['nor does its negation', ['service!~"a(?=b)"'], false],
  ]
  test.each(rows)('%s', (_, texts, expected) => {
    expect(
      matchesAll(
        texts.map((text) => parseMatcher(text)!),
        ALERT,
      ),
    ).toBe(expected)
  })
})

describe('reading a matcher', () => {
  const rows: [string, string, unknown][] = [
    ['quoted', 'service="checkout"', { name: 'service', op: '=', value: 'checkout' }],
    ['without quotes', 'severity!=page', { name: 'severity', op: '!=', value: 'page' }],
    ['with spaces around', ' service =~ "a b" ', { name: 'service', op: '=~', value: 'a b' }],
    ['a dotted label of OpenTelemetry', 'team.name!~"x"', { name: 'team.name', op: '!~', value: 'x' }],
    ['an escaped quote and a line break', String.raw`a="\"\n\\"`, { name: 'a', op: '=', value: '"\n\\' }],
    ['an empty value', 'a=""', { name: 'a', op: '=', value: '' }],
    ['a value with an operator in it', 'a="b=~c"', { name: 'a', op: '=', value: 'b=~c' }],
    [
      'an escape of a pattern keeps its backslash',
      String.raw`a=~"api\.x"`,
      { name: 'a', op: '=~', value: String.raw`api\.x` },
    ],
    ['an apostrophe within a value', "owner=o'brien", { name: 'owner', op: '=', value: "o'brien" }],
    ['no operator', 'service', null],
    ['no name', '="x"', null],
    ['an open quote', 'a="x', null],
    ['two values', 'a="x" "y"', null],
  ]
  test.each(rows)('%s', (_, text, expected) => expect(parseMatcher(text)).toEqual(expected))

  test('what is written is read back', () => {
    const matcher = fc.record({
      name: fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_.-]{0,20}$/),
      op: fc.constantFrom(...MATCHER_OPERATORS),
      value: fc.string(),
    })
    fc.assert(
      fc.property(matcher, (each) => {
        expect(parseMatcher(matcherText(each))).toEqual(each)
      }),
    )
  })

  test('no text crashes it', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseMatcher(text)))
  })
})

describe('matchers that are refused', () => {
  const rows: [string, string[], string][] = [
    ['single quotes', ["service='checkout'"], 'write "checkout", in double quotes or none'],
    ['backticks around a pattern', ['service=~`check.*`'], 'write "check.*"'],
    ['quotes as chat programs write them', ['service=“checkout”'], 'write "checkout"'],
    ['quotes within quotes', ['service="\'checkout\'"'], 'write "checkout"'],
    ['an open bracket', ['service=~"a("'], 'is no regular expression'],
    ['nothing but what an empty label matches', ['service=~".*"'], 'would match everything'],
    ['nothing but an inequality', ['service!="cart"'], 'would match everything'],
    ['none at all', [], 'would match everything'],
  ]
  test.each(rows)('%s', (_, texts, message) => {
    expect(matchersFault(texts.map((text) => parseMatcher(text)!))).toContain(message)
  })

  test.each(["'checkout'", '"checkout"', '`checkout`'])(
    'a value that keeps its quotes, however it came: %s',
    (value) => {
      expect(matchersFault([{ name: 'service', op: '=', value }])).toContain('begins with a quotation mark')
    },
  )

  test('an inequality beside an equality is fine', () => {
    expect(matchersFault(['severity="ticket"', 'service!="cart"'].map((text) => parseMatcher(text)!))).toBeNull()
  })

  test('a route may be for everything', () => {
    expect(matchersFault([], { mayMatchAll: true })).toBeNull()
  })
})
