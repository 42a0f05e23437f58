import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { statusJson } from '../protobuf/answers.ts'
import { NotDurable } from '../segment/not-durable.ts'
import { headTooLarge, malformedRequest, type Problem, problemOf, wrongMethod } from './problem.ts'

/** A request line whose method the parser does not know. */
const FOREIGN_METHOD = /^[A-Z]{1,32} \S+ HTTP\/1\.[01]\r?\n/

/** What Node tells of a connection whose request it could not read. */
interface ParserError extends Error {
  code?: string
  rawPacket?: Buffer
}

/** Answers what never became a request, in JSON, since its encoding is unknown, and closes the connection. */
export function refuseUnparsed(error: ParserError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const { http, status, headers } = problemOfParser(error)
  const body = JSON.stringify(statusJson(status))
  const fields = Object.entries({
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  })
  const head = [`HTTP/1.1 ${http} ${STATUS_CODES[http]}`, ...fields.map(([name, value]) => `${name}: ${value}`)]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function problemOfParser({ code, rawPacket }: ParserError): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return headTooLarge()
    // Nothing is wrong with what came: by a retryable status the sender keeps it.
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problemOf(new NotDurable('busy', 'the request took too long to arrive'))
    case 'HPE_INVALID_METHOD':
      return FOREIGN_METHOD.test(rawPacket?.toString('latin1', 0, 4096) ?? '')
        ? wrongMethod('POST')
        : malformedRequest()
    default:
      return malformedRequest()
  }
}
