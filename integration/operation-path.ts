import { cut } from './attributes.ts'
import { boundedMemo } from './bounded-memo.ts'
import { isIpv4, isIpv6 } from './ip-address.ts'

export const PATH_MAX_CHARS = 200
const MAX_SEGMENTS = 8
/** Nothing behind this can matter to eight segments and 200 characters of an honest path. */
const READ_CHARS = 4096

const SCHEME = /^[a-z][a-z0-9+.-]*$/i
const TEMPLATE_MARK = /^(?:\{[^{}]*\}|:[A-Za-z_]\w*|<[^<>]+>|\*+)$/
const KEYED = /^([A-Za-z_][\w.]*)\(.+\)$/
const VERB = /^(.+):([A-Za-z]{1,40})$/
const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s.]+$/
const DATE =
  /^\d{4}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?)?$/
const COMPACT_DATE =
  /^(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:T\d{4}(?:\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{4})?)?$/
const COMPACT_DATE_CHARS = 8
const DIGITS = /^\d+$/
const UUID = /(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])/gi
const FILE = /^(.+)\.([A-Za-z0-9]{1,5})$/
const HASH = /^(?=.*\d)(?=.*[a-f])[0-9a-f]{8,}$/i
const LETTERS_THEN_DIGITS = /^\p{L}+\d{4,}$/u
const WORD_PART = /^[\p{L}\p{M}]*\d{0,2}[\p{L}\p{M}]*$/u
const PART_SEPARATOR = /[-_.~]/
const DIGIT_GROUPS = /\d\D+\d/
const PLAIN = /^[A-Za-z_-]{1,64}$/

/** Rules for one path segment: the first that gives an answer decides. See docs/calls.md for examples. */
const SEGMENT_RULES: readonly ((segment: string) => string | null)[] = [
  (segment) => (TEMPLATE_MARK.test(segment) ? segment : null),
  (segment) => {
    const name = KEYED.exec(segment)?.[1]
    return name === undefined ? null : `${name}({id})`
  },
  (segment) => {
    const match = isIpv6(segment) ? null : VERB.exec(segment)
    return match === null ? null : `${templateSegment(match[1]!)}:${match[2]}`
  },
  (segment) => (EMAIL.test(segment) ? '{email}' : null),
  (segment) => (DATE.test(segment) || COMPACT_DATE.test(segment) ? '{date}' : null),
  (segment) => (isIpv4(segment) || isIpv6(segment) ? '{ip}' : null),
  (segment) => (DIGITS.test(segment) ? '{id}' : null),
  (segment) => {
    const replaced = segment.replace(UUID, '{uuid}')
    return replaced === segment ? null : replaced
  },
  (segment) => {
    const match = FILE.exec(segment)
    if (match === null) return null
    const stem = templateSegment(match[1]!)
    return stem === match[1] ? null : `${stem}.${match[2]}`
  },
  (segment) => (HASH.test(segment) ? '{hash}' : null),
  (segment) => (segment.length >= 8 && segment.includes('=') ? '{token}' : null),
  (segment) => (LETTERS_THEN_DIGITS.test(segment) ? '{id}' : null),
  (segment) => (segment.length >= 16 && /\d/.test(segment) && !isWords(segment) ? '{token}' : null),
  (segment) => (segment.length >= 10 && isMixed(segment) && DIGIT_GROUPS.test(segment) ? '{token}' : null),
  (segment) => (/\d{4}/.test(segment) ? '{id}' : null),
  (segment) => (segment.length > 64 ? '{token}' : null),
]

const isWords = (segment: string): boolean => segment.split(PART_SEPARATOR).every((part) => WORD_PART.test(part))
const isMixed = (segment: string): boolean => /\p{Lu}/u.test(segment) && /\p{Ll}/u.test(segment)

/** A decoded `%2F` makes parts within a segment, each of which may be an id. */
const templateParts = (segment: string): string =>
  segment.includes('/') ? segment.split('/').map(templateSegment).join('/') : templateSegment(segment)

/** What identifies one thing rather than a kind of thing becomes a placeholder: `4711` → `{id}`; words stay. */
export function templateSegment(segment: string): string {
  if (PLAIN.test(segment)) return segment
  // What most ids are; eight digits may be a date.
  if (segment.length !== COMPACT_DATE_CHARS && DIGITS.test(segment)) return '{id}'
  for (const rule of SEGMENT_RULES) {
    const answer = rule(segment)
    if (answer !== null) return answer
  }
  return segment
}

/** The decoded, non-empty segments of a URL or path: no scheme, host, query, fragment or matrix parameters. */
export function pathSegments(urlOrPath: string): string[] {
  const text = cut(urlOrPath, READ_CHARS)
  const end = Math.min(indexOrEnd(text, '?', 0), indexOrEnd(text, '#', 0))
  const segments: string[] = []
  let at = pathStart(text, end)
  while (at < end) {
    const slash = Math.min(indexOrEnd(text, '/', at), end)
    const raw = withoutMatrix(text.slice(at, slash))
    if (raw !== '') segments.push(decode(raw))
    at = slash + 1
  }
  return segments
}

/** Where the path begins: behind scheme and host. */
function pathStart(text: string, end: number): number {
  const scheme = text.indexOf('://')
  if (scheme < 0 || scheme + 3 > end || !SCHEME.test(text.slice(0, scheme))) return 0
  return indexOrEnd(text, '/', scheme + 3)
}

function indexOrEnd(text: string, character: string, from: number): number {
  const found = text.indexOf(character, from)
  return found < 0 ? text.length : found
}

function withoutMatrix(segment: string): string {
  const semicolon = segment.indexOf(';')
  return semicolon < 0 ? segment : segment.slice(0, semicolon)
}

function decode(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/**
 * The path of an operation: same kind of request, same text, so that operations stay few.
 * `/v1/users/42/orders?page=2` → `/v1/users/{id}/orders`. At most 8 segments and 200 characters, never empty.
 */
export function operationPath(urlOrPath: string): string {
  const segments = pathSegments(urlOrPath)
  const kept = segments.slice(0, MAX_SEGMENTS).map(templateParts)
  if (segments.length > MAX_SEGMENTS) kept.push('*')
  return cut(`/${kept.join('/')}`, PATH_MAX_CHARS)
}

/** Each `/` part of a name such as a queue's, by the same rules: `tenant/4711/orders` → `tenant/{id}/orders`. */
export const templateName: (name: string) => string = boundedMemo((name) =>
  cut(templateParts(cut(name, READ_CHARS)), PATH_MAX_CHARS),
)
