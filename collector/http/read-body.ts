import type { IncomingMessage } from 'node:http'
import { BodyTooLarge } from '../bad-body.ts'
import { freeBytes, type Lease } from '../byte-budget.ts'

/** The sender went away before its request was complete: there is nobody to answer. */
export class SenderGone extends Error {
  override readonly name = 'SenderGone'
}

/**
 * Reads a request body of at most `maxBody` bytes. `announced` is its length by the head, 0 when unknown: an announced body
 * is counted in `lease` at once and put in its place as it comes, another one as its parts arrive.
 */
export function readBody(request: IncomingMessage, announced: number, maxBody: number, lease: Lease): Promise<Buffer> {
  lease.grow(2 * announced)
  const whole = announced > 0 ? Buffer.allocUnsafeSlow(announced) : null
  const parts: Buffer[] = []
  let size = 0
  let settled = false
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      settled = true
      request.off('data', take)
      // What still comes is read and dropped, so that the sender gets to see the answer.
      request.resume()
      if (whole !== null) freeBytes(whole)
      reject(error)
    }
    const take = (part: Buffer) => {
      try {
        if (size + part.length > maxBody) {
          throw new BodyTooLarge(`its body is longer than collector.maxBody (${maxBody} bytes)`)
        }
        if (whole === null) {
          lease.grow(2 * part.length)
          parts.push(part)
        } else part.copy(whole, size)
        size += part.length
      } catch (error) {
        fail(error)
      }
    }
    request.on('data', take)
    request.once('end', () => {
      settled = true
      resolve(whole === null ? Buffer.concat(parts, size) : whole.subarray(0, size))
    })
    const gone = (cause?: Error) => {
      if (!settled) fail(new SenderGone('the sender broke off', { cause }))
    }
    request.once('error', gone)
    request.once('close', gone)
  })
}
