import { boundedMemo } from '../../integration/bounded-memo.ts'
import { compilePattern, type Pattern, patternFault } from '../../pattern/pattern.ts'

export const MATCHER_OPERATORS = ['=', '!=', '=~', '!~'] as const

/** One condition on a label, as in Alertmanager: an absent label is an empty text, a pattern must match the whole value. */
export interface Matcher {
  name: string
  op: (typeof MATCHER_OPERATORS)[number]
  value: string
}

/** Label name → value. */
export type Labels = Readonly<Record<string, string>>

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_.-]*$/

/**
 * Compiled once: they are asked for at every tick and are few. Null for one that does not compile, which a store may hold that
 * others wrote to: such a matcher holds for nothing, also negated.
 */
const patternOf = boundedMemo((text): Pattern | null => (patternFault(text) === null ? compilePattern(text) : null))

/** Whether all conditions hold; none hold trivially, so whoever takes matchers from people wants at least one. */
export const matchesAll = (matchers: readonly Matcher[], labels: Labels): boolean =>
  matchers.every((matcher) => matches(matcher, labels[matcher.name] ?? ''))

function matches({ op, value }: Matcher, label: string): boolean {
  switch (op) {
    case '=':
      return label === value
    case '!=':
      return label !== value
    case '=~':
      return patternOf(value)?.fits(label) ?? false
    case '!~':
      return patternOf(value)?.fits(label) === false
  }
}

/**
 * `service="checkout"`, `service=~"check.*"`, `severity!=page`: as `amtool` and Prometheus write it, double quotes optional.
 * In quotes `\"`, `\\` and `\n` are one character; any other backslash stays, as patterns need it. Null for anything else.
 * Source: https://github.com/prometheus/alertmanager, pkg/labels/parse.go.
 */
export function parseMatcher(text: string): Matcher | null {
  const [, name, op, raw] = /^\s*([^\s=!~"]+)\s*(=~|!~|!=|=)\s*([\s\S]*?)\s*$/.exec(text) ?? []
  if (name === undefined || op === undefined || raw === undefined || !LABEL_NAME.test(name)) return null
  const value = unquoted(raw)
  return value === null ? null : { name, op: op as Matcher['op'], value }
}

function unquoted(raw: string): string | null {
  if (!raw.startsWith('"')) return raw.includes('"') ? null : raw
  const [, inner] = /^"((?:[^"\\]|\\[\s\S])*)"$/.exec(raw) ?? []
  return inner === undefined ? null : inner.replace(/\\(["\\n])/g, (_, char: string) => (char === 'n' ? '\n' : char))
}

/** Marks that people quote with, and chat programs turn quotes into. A label that begins with one matches a pattern such as `.x.*`. */
const QUOTES = /^["'`´‘’‚‛“”„«»]/u

/** Why a value or name that begins with a quotation mark is not what was meant, or null: it would match nothing. */
export const quotesFault = (text: string): string | null =>
  QUOTES.test(text)
    ? `${text} begins with a quotation mark, and no name does: write ${JSON.stringify(text.replace(/["'`´‘’‚‛“”„«»]/gu, ''))}, in double quotes or none`
    : null

/** The other way: `service=~"check.*"`. */
export const matcherText = ({ name, op, value }: Matcher): string =>
  `${name}${op}"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`

/** Why these matchers cannot be a silence's or a route's, or null. `mayMatchAll`: a route at the end may be for everything. */
export function matchersFault(matchers: readonly Matcher[], { mayMatchAll = false } = {}): string | null {
  for (const { name, op, value } of matchers) {
    if (!LABEL_NAME.test(name)) return `${name} is no label name: letters, digits, _ . and -, a letter first`
    const quoted = quotesFault(value)
    if (quoted !== null) return quoted
    if (op !== '=~' && op !== '!~') continue
    const fault = patternFault(value)
    if (fault !== null) return `the pattern of ${matcherText({ name, op, value })} ${fault}`
  }
  if (mayMatchAll || matchers.some((matcher) => !matches(matcher, ''))) return null
  return 'every matcher also matches alerts without the label, so this would match everything: add one such as service="checkout"'
}
