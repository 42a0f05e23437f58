import { NAMES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { read } from './attributes.ts'
import type { SpanFacts } from './call.ts'

/** What Spring says of how an exchange ended. Source: `HttpOutcome` and `Outcome` of Micrometer and Spring. */
const OUTCOMES: ReadonlySet<string> = new Set([
  'SUCCESS',
  'INFORMATIONAL',
  'REDIRECTION',
  'CLIENT_ERROR',
  'SERVER_ERROR',
  'UNKNOWN',
])

const SCOPE = 'org.springframework.boot'

/**
 * Recorded by Micrometer, which sets span status Ok itself on whatever ends without an exception, an answer of 500 too, and
 * has names of its own for what the conventions name otherwise.
 */
export function isMicrometer({ attributes, scope }: SpanFacts): boolean {
  if (scope?.startsWith(SCOPE) === true) return true
  const outcome = attributes.get('outcome')
  if (outcome === undefined || !OUTCOMES.has(outcome)) return false
  return read(attributes, NAMES.micrometerStatus) !== '' || read(attributes, NAMES.micrometerException) !== ''
}

/** Its values for "there is none". */
const NONE: ReadonlySet<string> = new Set(['', 'none', 'unknown'])

const value = (attributes: Attributes, names: readonly string[]): string => {
  const text = read(attributes, names)
  return NONE.has(text.toLowerCase()) ? '' : text
}

/** A number, or a word where there was no response. */
export const micrometerStatus = (attributes: Attributes): string => read(attributes, NAMES.micrometerStatus)

/** The simple name of an exception's class, or ''. */
export const micrometerException = (attributes: Attributes): string => value(attributes, NAMES.micrometerException)

export const micrometerMethod = (attributes: Attributes): string => value(attributes, NAMES.micrometerMethod)

/** The host that a client was made for. */
export const micrometerClient = (attributes: Attributes): string => value(attributes, NAMES.micrometerClient)

/** A template; words such as `NOT_FOUND` and `REDIRECTION` stand for requests without one. */
export function micrometerUri(attributes: Attributes): string {
  const uri = value(attributes, NAMES.micrometerUri)
  return uri.startsWith('/') || uri.includes('://') ? uri : ''
}
