import { NAMES } from './attribute-names.ts'
import { cut, read } from './attributes.ts'
import type { SpanFacts } from './call.ts'
import { isMicrometer, micrometerException, micrometerStatus } from './micrometer.ts'

/** What a span says of whether it failed, wherever it says so. */
export interface Failure {
  /** `ok` is a person's word: a library that sets Ok on everything has said nothing. */
  status: 'unset' | 'ok' | 'error'
  /** Error, or an error type on whatever status but a person's Ok. */
  failed: boolean
  isMicrometer: boolean
}

const STATUS_OK = 1
const STATUS_ERROR = 2
const MESSAGE_MAX_CHARS = 2000
/** Values of the tag `error` that say there was none. */
const NO_ERROR: ReadonlySet<string> = new Set(['', 'false', '0', 'no', 'none', 'null', 'undefined'])

export function failureOf(span: SpanFacts): Failure {
  const byMicrometer = isMicrometer(span)
  const status = statusOf(span, byMicrometer)
  const failed =
    status === 'error' ||
    (status !== 'ok' && (read(span.attributes, NAMES.errorType) !== '' || (byMicrometer && isUnanswered(span))))
  return { status, failed, isMicrometer: byMicrometer }
}

function statusOf({ statusCode, attributes }: SpanFacts, byMicrometer: boolean): Failure['status'] {
  if (statusCode === STATUS_ERROR) return 'error'
  if (statusCode === STATUS_OK && !byMicrometer) return 'ok'
  const carried = read(attributes, NAMES.otelStatus)
  if (carried !== '') {
    if (carried.toUpperCase() === 'ERROR') return 'error'
    if (carried.toUpperCase() === 'OK' && !byMicrometer) return 'ok'
  }
  const tag = read(attributes, NAMES.errorTag)
  return tag === '' || NO_ERROR.has(tag.toLowerCase()) ? 'unset' : 'error'
}

/** An exception next to a status was handled; next to a word in its place, nothing came back. */
const isUnanswered = ({ attributes }: SpanFacts): boolean =>
  micrometerException(attributes) !== '' && !/^\d{3}$/.test(micrometerStatus(attributes))

/** The span's last exception, unless the span is not in error: then the exception was handled. */
export const unhandledException = (span: SpanFacts, { status }: Failure): SpanFacts['exception'] =>
  status === 'error' ? span.exception : null

/** The text of the tag `error`, where it is more than a yes. */
function errorText({ attributes }: SpanFacts): string {
  const text = read(attributes, NAMES.errorTag)
  return text.toLowerCase() === 'true' || NO_ERROR.has(text.toLowerCase()) ? '' : text
}

/** What names the failure, best first: a class, an error code, a number. Other libraries' names only where there is none. */
export function namesOf(span: SpanFacts, failure: Failure): string[] {
  const { attributes } = span
  const usual = withoutEmpty([
    read(attributes, NAMES.errorType),
    unhandledException(span, failure)?.get('exception.type') ?? '',
    read(attributes, NAMES.httpErrorName),
    failure.isMicrometer ? micrometerException(attributes) : '',
  ])
  if (usual.length > 0) return usual
  const tag = errorText(span)
  return withoutEmpty([read(attributes, NAMES.errorKind), /\s/.test(tag) ? '' : tag])
}

/** What was said about the failure in words, as it was written; by other names only where it was not said by the usual ones. */
export function messagesOf(span: SpanFacts, failure: Failure): string[] {
  const usual = withoutEmpty([span.statusMessage, unhandledException(span, failure)?.get('exception.message') ?? ''])
  const messages = usual.length > 0 ? usual : withoutEmpty([read(span.attributes, NAMES.errorTexts), errorText(span)])
  return messages.map((message) => cut(message, MESSAGE_MAX_CHARS))
}

const withoutEmpty = (texts: readonly string[]): string[] => texts.filter((text) => text !== '')
