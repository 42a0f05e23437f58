import { RE2JS } from 're2js'

// Patterns that people write have RE2's syntax and meaning, as Alertmanager's have, and take time linear in the text:
// no text and no pattern can keep a process busy. Source: https://github.com/google/re2/wiki/Syntax.

/** Longer ones are lists in disguise. */
const MAX_CHARS = 1_000
/** Instructions of a compiled pattern: what a character costs at most. `a{1000}` has about as many. */
const MAX_INSTRUCTIONS = 1_100

export interface Pattern {
  /** Whether the whole text fits. A dot fits no line break, as in Alertmanager. */
  fits(text: string): boolean
  /** The text with everything that fits, from left to right, replaced. */
  replaceIn(text: string, replacement: (found: string) => string): string
}

/** A pattern that cannot be used; the message says what is wrong and where. */
export class PatternError extends Error {}

/** @throws PatternError */
export function compilePattern(source: string): Pattern {
  if (source.length > MAX_CHARS) throw new PatternError(`is longer than ${MAX_CHARS} characters; split it`)
  const compiled = compile(source)
  if (compiled.programSize() > MAX_INSTRUCTIONS)
    throw new PatternError('repeats too much, which would make it slow; lower the numbers in its {…}')
  return {
    fits: (text) => compiled.testExact(text),
    replaceIn: (text, replacement) => (compiled.test(text) ? replaced(compiled, text, replacement) : text),
  }
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    throw new PatternError(wordsOf(source, error as Error & { error?: string; input?: string | null }), {
      cause: error,
    })
  }
}

function replaced(compiled: RE2JS, text: string, replacement: (found: string) => string): string {
  const matcher = compiled.matcher(text)
  let result = ''
  let done = 0
  while (matcher.find()) {
    result += text.slice(done, matcher.start()) + replacement(text.slice(matcher.start(), matcher.end()))
    done = matcher.end()
  }
  return result + text.slice(done)
}

/** Why a pattern cannot be used, or null. */
export function patternFault(source: string): string | null {
  try {
    compilePattern(source)
    return null
  } catch (error) {
    if (error instanceof PatternError) return error.message
    throw error
  }
}

/** The same of one that is searched in texts: it may not fit nothing. */
export const searchFault = (source: string): string | null =>
  patternFault(source) ??
  (compile(source).test('') ? 'matches an empty text, so it would match everywhere; use + instead of *' : null)

/** What other engines know and RE2 leaves out, because it could take for ever. */
const LEFT_OUT: readonly [RegExp, string][] = [
  [/^\(\?<?[=!]/, 'looks around'],
  [/^\\(?:[1-9]|k)/, 'refers back to a group'],
  [/^\(\?>|^[*+?}]\+/, 'is possessive'],
]

function wordsOf(
  source: string,
  { error = 'cannot be read', input }: { error?: string; input?: string | null },
): string {
  const found = input ? source.indexOf(input) : -1
  const at = found < 0 ? source.length : found
  const where = `at character ${at + 1}`
  const [, leftOut] = LEFT_OUT.find(([form]) => form.test(source.slice(at))) ?? []
  if (leftOut !== undefined) return `${leftOut} (${where}), which RE2 does not know; write what is to match itself`
  return `is no regular expression of RE2: ${error}${input ? ` \`${input}\`` : ''} (${where})`
}
