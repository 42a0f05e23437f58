import type { IncomingMessage } from 'node:http'
import { BodyTooLarge } from '../bad-body.ts'
import type { Lease } from '../byte-budget.ts'

/** The sender went away before its request was complete: there is nobody to answer. */
export class SenderGone extends Error {
  override readonly name = 'SenderGone'
}

/** Reads a request body of at most `maxBody` bytes, each counted in `lease` as it arrives. */
export function readBody(request: IncomingMessage, maxBody: number, lease: Lease): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const fail = (error: unknown) => {
      request.off('data', take)
      // What still comes is read and dropped, so that the sender gets to see the answer.
      request.resume()
      reject(error)
    }
    const take = (chunk: Buffer) => {
      size += chunk.length
      try {
        if (size > maxBody) throw new BodyTooLarge(`its body is longer than collector.maxBody (${maxBody} bytes)`)
        lease.grow(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        fail(error)
      }
    }
    request.on('data', take)
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)))
    request.once('error', (cause) => fail(new SenderGone('the sender broke off', { cause })))
    request.once('close', () => fail(new SenderGone('the sender closed the connection')))
  })
}
