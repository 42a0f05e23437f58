import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { BadBody } from '../bad-body.ts'
import type { Lease } from '../byte-budget.ts'
import { decodersOf, decompressAll } from '../http/decompress.ts'
import type { ExportOptions } from '../http/export-endpoint.ts'
import { Problem, problemOf } from '../http/problem.ts'
import { SenderGone } from '../http/read-body.ts'
import { encodeExportResponse } from '../protobuf/answers.ts'
import type { Answer } from '../seen-requests.ts'
import { NotDurable } from '../segment/not-durable.ts'
import { SIGNALS, type Signal } from '../signals.ts'
import { sendMessage, sendStatus } from './answer.ts'
import { readMessage } from './read-message.ts'

const UNIMPLEMENTED = 12

const SIGNAL_BY_PATH = new Map(
  (Object.keys(SIGNALS) as Signal[]).map((signal) => [`/${SIGNALS[signal].service}/Export`, signal]),
)

/** One gRPC call: everything that can be refused by its head is refused before its message is read. */
export function createExportCall(options: ExportOptions) {
  const { ingest, access, budget, maxBody, checkCapacity, metrics, log } = options

  async function answer(signal: Signal, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, lease: Lease) {
    const address = stream.session?.socket.remoteAddress
    access({ authorization: headers.authorization, door: 'otlp_grpc', address }, 'ingest')
    const decoders = messageDecoders(String(headers['grpc-encoding'] ?? 'identity'))
    const check = (bytes: number) => {
      budget.check(bytes)
      checkCapacity(bytes)
    }
    check(0)
    const { compressed, bytes } = await readMessage(stream, { maxBody, checkCapacity: check, lease })
    if (compressed && decoders.length === 0) {
      throw new BadBody('the message is compressed, but grpc-encoding says identity')
    }
    const body = compressed ? await decompressAll(decoders, bytes, maxBody, lease) : bytes
    metrics.bodyBytes.inc({ form: 'wire' }, bytes.length)
    metrics.bodyBytes.inc({ form: 'plain' }, body.length)
    return ingest(signal, 'protobuf', body, lease)
  }

  return async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> => {
    const signal = SIGNAL_BY_PATH.get(headers[':path'] ?? '')
    if (signal === undefined) {
      sendStatus(stream, notServed(headers[':path'] ?? ''))
      return
    }
    const lease = budget.lease()
    try {
      const { rejected, message }: Answer = await answer(signal, stream, headers, lease)
      metrics.requests.inc({ signal, transport: 'grpc', status: 200 })
      sendMessage(stream, encodeExportResponse(rejected, message))
    } catch (error) {
      if (error instanceof SenderGone) return
      const problem = problemOf(error)
      if (problem.http === 503 && !(error instanceof NotDurable)) log.error({ err: error, signal }, 'ingest fault')
      metrics.requests.inc({ signal, transport: 'grpc', status: problem.http })
      sendStatus(stream, problem)
    } finally {
      lease.release()
    }
  }
}

/** A call to what is not here is UNIMPLEMENTED, which clients do not repeat. */
const notServed = (path: string) =>
  new Problem(404, { code: UNIMPLEMENTED, message: `${path} is not served; send traces and metrics` })

/** Unknown codings are UNIMPLEMENTED. Source: gRPC, "Compression". */
function messageDecoders(coding: string) {
  try {
    return decodersOf(coding)
  } catch {
    throw new Problem(404, { code: UNIMPLEMENTED, message: `grpc-encoding ${coding} is not supported` })
  }
}
