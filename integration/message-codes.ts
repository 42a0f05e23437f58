import { boundedMemo } from './bounded-memo.ts'
import { codeName, type GrpcCode, isGrpcCode } from './grpc-codes.ts'

/** Codes that clients put into the text of an error and nowhere else. */
export interface MessageCodes {
  /** Of AWS and its like, as names: `ThrottlingException`; '' for none. */
  name: string
  /** 400 to 599, 0 for none. */
  httpStatus: number
  /** '' for none. */
  grpcCode: GrpcCode | ''
}

/** botocore, AWS SDKs for Go, Java 1.x and PHP; Smithy's Rust SDK. Each captures a code that begins with a letter. */
const NAMED_CODES = [
  /an error occurred \(([A-Za-z][\w.]{2,80})\) when calling/i,
  /\bapi error ([A-Za-z][\w.]{2,80}):/,
  /\berror code: ([A-Za-z][\w.]{3,80})/i,
  /\b(?:service|unhandled) error:? \(?([A-Z][A-Za-z.]{3,80})\b/,
  /\b([A-Z][A-Za-z]{3,60}(?:Exception|Error|Throttled)) \((?:client|server)\):/,
  /^([A-Z][A-Za-z]{3,60}(?:Exception|Throttled|Error|Token)): [^\n]{0,400}\n?\s*status code: \d{3}/,
] as const

/**
 * "Request failed with status code 503", "Response status code does not indicate success: 503", "status 503 reading …",
 * "Error code: 429 - {…}", "HTTP 502", "resulted in a `404 Not Found` response", "error: (StatusCode: 400, …)".
 */
const HTTP_STATUS =
  /(?:\bstatus[ _]?(?:code)?|\b(?:response|error) code|\bhttp(?:\/[\d.]+)?|resulted in a|\b(?:client|server) error|unexpected server response)(?: (?:status|code|error|returned|received|was|is|of|for url|from server|server error|does not indicate success)){0,4}\W{0,5}([45]\d\d)\b(?!\.?\d)/i
/** "503 Service Unavailable: …", "[503] during …", "404, message='Not Found'", "429 Client Error: …", "TransportError(429, 'es_…". */
const LEADING_STATUS = /^[\s[("'`]*(?:\w+(?:Error|Exception)\()?([45]\d\d)(?:\]|:|\)|, (?:message=|['"])| [A-Z])/

/** "rpc error: code = Unavailable", `StatusCode.UNAVAILABLE`, `StatusCode="Unavailable"`, `status: Unavailable, message`. */
const GRPC_STATED =
  /\brpc error: code = (\w+)|\bStatusCode(?:\.|=)"?([A-Za-z_]+)|\bstatus: (\w+), message:|\bgrpc-status: ?(\d{1,2}|\w+)/
/** What a gRPC client begins a message with: "4 DEADLINE_EXCEEDED: …", "UNAVAILABLE: …", "14:…", "[unavailable] …". */
const GRPC_LEADING = /^\s*(?:(?:\d{1,2} )?([A-Z_]{2,30})(?::|,|$)|(\d{1,2}):|\[(\w{2,30})\])/

const NONE: MessageCodes = { name: '', httpStatus: 0, grpcCode: '' }

function grpcCode(match: RegExpExecArray | null): GrpcCode | '' {
  const word = match?.slice(1).find((group) => group !== undefined) ?? ''
  const code = word === '' ? '' : codeName(word, true)
  return isGrpcCode(code) && code !== 'OK' ? code : ''
}

/** Codes in a failed span's message. */
export const codesIn: (message: string) => MessageCodes = boundedMemo(
  (message) => {
    let name = ''
    for (const pattern of NAMED_CODES) {
      name = pattern.exec(message)?.[1] ?? ''
      if (name !== '') break
    }
    const httpStatus = Number(HTTP_STATUS.exec(message)?.[1] ?? LEADING_STATUS.exec(message)?.[1] ?? 0)
    const code = grpcCode(GRPC_STATED.exec(message))
    return name === '' && httpStatus === 0 && code === '' ? NONE : { name, httpStatus, grpcCode: code }
  },
  { entries: 512, maxKeyChars: 512 },
)

/** The gRPC code in a message of a gRPC client, which may be all that it begins with. */
export const grpcCodeIn = (message: string): GrpcCode | '' =>
  codesIn(message).grpcCode || grpcCode(GRPC_LEADING.exec(message))
