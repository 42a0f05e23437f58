import type { IncomingMessage } from 'node:http'
import { BodyTooLarge } from '../bad-body.ts'
import { freeBytes, type Lease } from '../byte-budget.ts'
import { NotDurable } from '../segment/not-durable.ts'

/** The sender went away before its request was complete: there is nobody to answer. */
export class SenderGone extends Error {
  override readonly name = 'SenderGone'
}

/** A sender that is silent for longer gives its place to others. */
const STALLED_MS = 10_000

/**
 * Reads a request body of at most `maxBody` bytes. `announced` is its length by the head, 0 when unknown: an announced body
 * is put in its place as it comes. Either is counted in `lease` as it arrives: what is only announced takes no memory, and
 * must not keep others out.
 */
export function readBody(
  request: IncomingMessage,
  announced: number,
  maxBody: number,
  lease: Lease,
  stalledMs = STALLED_MS,
): Promise<Buffer> {
  const whole = announced > 0 ? Buffer.allocUnsafeSlow(announced) : null
  const parts: Buffer[] = []
  let size = 0
  let settled = false
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      settled = true
      clearTimeout(stalled)
      request.off('data', take)
      // What still comes is read and dropped, so that the sender gets to see the answer.
      request.resume()
      if (whole !== null) freeBytes(whole)
      reject(error)
    }
    const stalled = setTimeout(
      () => fail(new NotDurable('busy', `nothing came of the body for ${stalledMs / 1000} s`)),
      stalledMs,
    )
    const take = (part: Buffer) => {
      stalled.refresh()
      try {
        if (size + part.length > maxBody) {
          throw new BodyTooLarge(`its body is longer than collector.maxBody (${maxBody} bytes)`)
        }
        lease.grow(2 * part.length)
        if (whole === null) parts.push(part)
        else part.copy(whole, size)
        size += part.length
      } catch (error) {
        fail(error)
      }
    }
    request.on('data', take)
    request.once('end', () => {
      // What was refused half-way ends, too, and its memory is gone.
      if (settled) return
      settled = true
      clearTimeout(stalled)
      resolve(whole === null ? Buffer.concat(parts, size) : whole.subarray(0, size))
    })
    const gone = (cause?: Error) => {
      if (!settled) fail(new SenderGone('the sender broke off', { cause }))
    }
    request.once('error', gone)
    request.once('close', gone)
  })
}
