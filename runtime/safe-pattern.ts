const MAX_CHARS = 512
const MAX_OPEN = 3

/** Why a regular expression that is searched in texts cannot be used, or null: it is none, matches nothing, or is slow. */
export function patternFault(pattern: string): string | null {
  try {
    if (new RegExp(pattern, 'u').test(''))
      return 'matches an empty text, so it would match everywhere; use + instead of *'
  } catch (error) {
    return `is no regular expression: ${(error as Error).message}`
  }
  return slowPatternFault(pattern)
}

interface Group {
  /** Holds a quantifier that leaves a choice, or `|`. */
  varies: boolean
  chooses: boolean
}

const QUANTIFIER = /[*+?]|\{(\d+)(,(\d*))?\}/y
const GROUP_HEAD = /\(\?(?:[:=!]|<[=!]|<\w+>|[a-z-]*:)/y

/**
 * Why a regular expression from outside must not run, or null. Refused is what can take time exponential in the text:
 * a repeated group that repeats or chooses inside, `(a+)+`, `(a|ab)*`, and references back; and more than three
 * open-ended repeats. With texts of bounded length the rest is bounded, too.
 * Source: https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS.
 */
export function slowPatternFault(pattern: string): string | null {
  if (pattern.length > MAX_CHARS) return `is longer than ${MAX_CHARS} characters; split it`
  const open: Group[] = [{ varies: false, chooses: false }]
  let closed: Group | null = null
  let openEnded = 0
  for (let at = 0; at < pattern.length; ) {
    const quantifier = matchAt(QUANTIFIER, pattern, at)
    if (quantifier !== null && at > 0) {
      const { most, isFixed } = boundsOf(quantifier)
      const where = `at character ${at + 1}`
      if (closed !== null && most > 1 && (closed.chooses || (closed.varies && most > SMALL))) {
        return `repeats a group that itself repeats or chooses (${where}), which can take for ever; write it without the nested quantifier`
      }
      if (most === Number.POSITIVE_INFINITY && ++openEnded > MAX_OPEN) {
        return `has more than ${MAX_OPEN} open-ended repeats (${where}); bound them, as in {1,64}`
      }
      const group = open.at(-1)!
      if (closed !== null) absorb(group, closed)
      if (!isFixed) group.varies = true
      if (!isFixed && most > 1) group.chooses = true
      at += quantifier[0].length
      if (pattern[at] === '?') at++
      closed = null
      continue
    }
    const char = pattern[at]!
    const inner: Group | null = closed
    closed = null
    if (inner !== null) absorb(open.at(-1)!, inner)
    if (char === '\\') {
      if (/[1-9k]/.test(pattern[at + 1] ?? ''))
        return `refers back to a group (at character ${at + 1}), which can take for ever`
      at += 2
    } else if (char === '[') at = classEnd(pattern, at)
    else if (char === '(') {
      open.push({ varies: false, chooses: false })
      at += matchAt(GROUP_HEAD, pattern, at)?.[0].length ?? 1
    } else if (char === ')') {
      closed = open.pop()!
      at++
    } else {
      if (char === '|') open.at(-1)!.chooses = true
      at++
    }
  }
  return null
}

/** A group repeated this often may hold an optional part: `(\d{4}-?){3}` has eight readings. */
const SMALL = 4

function absorb(outer: Group, inner: Group): void {
  outer.varies ||= inner.varies
  outer.chooses ||= inner.chooses
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function boundsOf([text, least, range, most]: RegExpExecArray): { most: number; isFixed: boolean } {
  if (text === '?') return { most: 1, isFixed: false }
  if (least === undefined) return { most: Number.POSITIVE_INFINITY, isFixed: false }
  if (range === undefined) return { most: Number(least), isFixed: true }
  return { most: most === '' ? Number.POSITIVE_INFINITY : Number(most), isFixed: most === least }
}

function classEnd(pattern: string, start: number): number {
  let at = start + 1
  while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1
  return at + 1
}
