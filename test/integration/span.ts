import type { Call, SpanFacts } from '../../integration/call.ts'
import type { CallRules } from '../../integration/call-rules.ts'
import { callOf } from '../../integration/span-to-call.ts'

export const KIND = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const
export const STATUS = { unset: 0, ok: 1, error: 2 } as const

type Value = string | number | boolean | readonly string[]

export interface SpanOptions
  extends Omit<Partial<SpanFacts>, 'kind' | 'statusCode' | 'attributes' | 'resource' | 'exception'> {
  kind?: keyof typeof KIND
  status?: keyof typeof STATUS
  attributes?: Record<string, Value>
  resource?: Record<string, Value>
  exception?: { type?: string; message?: string }
}

/** Values in the text form in which the collector hands them over. */
export const textMap = (values: Record<string, Value>): Map<string, string> =>
  new Map(
    Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? JSON.stringify(value) : String(value)]),
  )

/** A client span, unless told otherwise. */
export function span({
  kind = 'client',
  status = 'unset',
  attributes = {},
  resource,
  exception,
  ...facts
}: SpanOptions = {}): SpanFacts {
  const exceptionAttributes = exception && {
    ...(exception.type === undefined ? {} : { 'exception.type': exception.type }),
    ...(exception.message === undefined ? {} : { 'exception.message': exception.message }),
  }
  return {
    traceState: '',
    name: 'span',
    statusMessage: '',
    ...facts,
    kind: KIND[kind],
    statusCode: STATUS[status],
    attributes: textMap(attributes),
    resource: textMap(resource ?? { 'service.name': 'checkout' }),
    exception: exceptionAttributes ? textMap(exceptionAttributes) : null,
  }
}

/** The call of a span that must be one. */
export function call(options: SpanOptions, rules?: CallRules): Call {
  const made = callOf(span(options), rules)
  if (made === null) throw new Error(`not a call: ${JSON.stringify(options)}`)
  return made
}
