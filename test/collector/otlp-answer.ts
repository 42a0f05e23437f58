import protobuf from 'protobufjs'

const messages = protobuf.parse(`syntax = "proto3";
  message PartialSuccess { int64 rejected = 1; string error_message = 2; }
  message ExportResponse { PartialSuccess partial_success = 1; }
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }`).root

const TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const

export interface OtlpAnswer {
  /** Records rejected by a 200. */
  rejected: number
  /** google.rpc.Code of a refusal; 0 with a 200. */
  code: number
  message: string
}

/** Reads what OTLP wants as an answer; throws when it is anything else. */
export function readAnswer(form: keyof typeof TYPES, status: number, type: string | null, body: Buffer): OtlpAnswer {
  if (type !== TYPES[form]) throw new Error(`a ${form} request got an answer of type ${type}`)
  const message = messages.lookupType(status === 200 ? 'ExportResponse' : 'Status')
  const answer =
    form === 'json' ? JSON.parse(body.toString()) : message.toObject(message.decode(body), { longs: String })
  if (status !== 200) {
    if (!(answer.code > 0) || !answer.message) throw new Error(`${status} without code and message: ${body}`)
    return { rejected: 0, code: answer.code, message: answer.message }
  }
  if (Object.keys(answer).some((key) => key !== 'partialSuccess')) throw new Error(`no export response: ${body}`)
  const { rejected, rejectedSpans, rejectedDataPoints, errorMessage = '' } = answer.partialSuccess ?? {}
  return { rejected: Number(rejected ?? rejectedSpans ?? rejectedDataPoints ?? 0), code: 0, message: errorMessage }
}
