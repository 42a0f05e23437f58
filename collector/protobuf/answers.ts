/** A `google.rpc.Status` with the details OTLP asks for. */
export interface RpcStatus {
  /** google.rpc.Code. */
  code: number
  message: string
  /** What was wrong with the request, for BadRequest. */
  violations?: { field: string; description: string }[]
  /** For RetryInfo. */
  retryAfterSeconds?: number
}

const TYPE_PREFIX = 'type.googleapis.com/google.rpc.'

/** Export…ServiceResponse; nothing rejected and no message is 0 bytes, because `partial_success` must then be unset. */
export function encodeExportResponse(rejected: number, message: string): Buffer {
  if (rejected === 0 && message === '') return Buffer.alloc(0)
  return field(1, Buffer.concat([number(1, rejected), text(2, message)]))
}

export function encodeStatus({ code, message, violations, retryAfterSeconds }: RpcStatus): Buffer {
  const details = []
  if (violations) {
    const list = violations.map((violation) =>
      field(1, Buffer.concat([text(1, violation.field), text(2, violation.description)])),
    )
    details.push(field(3, any('BadRequest', Buffer.concat(list))))
  }
  if (retryAfterSeconds !== undefined) {
    details.push(field(3, any('RetryInfo', field(1, number(1, retryAfterSeconds)))))
  }
  return Buffer.concat([number(1, code), text(2, message), ...details])
}

/** The same in protobuf's JSON mapping. */
export function statusJson({ code, message, violations, retryAfterSeconds }: RpcStatus): object {
  const details: object[] = []
  if (violations) details.push({ '@type': `${TYPE_PREFIX}BadRequest`, fieldViolations: violations })
  if (retryAfterSeconds !== undefined) {
    details.push({ '@type': `${TYPE_PREFIX}RetryInfo`, retryDelay: `${retryAfterSeconds}s` })
  }
  return details.length > 0 ? { code, message, details } : { code, message }
}

const any = (type: string, value: Buffer) => Buffer.concat([text(1, TYPE_PREFIX + type), field(2, value)])

const text = (number: number, value: string) => (value === '' ? Buffer.alloc(0) : field(number, Buffer.from(value)))

const number = (field: number, value: number) =>
  value === 0 ? Buffer.alloc(0) : Buffer.from([field << 3, ...varint(value)])

const field = (number: number, value: Buffer) =>
  Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(value.length)]), value])

function varint(value: number): number[] {
  const bytes = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}
