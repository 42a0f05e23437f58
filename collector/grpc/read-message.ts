import type { ServerHttp2Stream } from 'node:http2'
import { BadBody, BodyTooLarge } from '../bad-body.ts'
import { freeBytes, type Lease } from '../byte-budget.ts'
import { SenderGone } from '../http/read-body.ts'

/** The one message of a unary call as it was sent. */
export interface Message {
  compressed: boolean
  bytes: Buffer
}

export interface MessageLimits {
  maxBody: number
  /** Throws `NotDurable` when a message of this many bytes cannot be taken now. */
  checkCapacity: (bytes: number) => void
  lease: Lease
}

/** Compressed-Flag (1 byte) and Message-Length (4 bytes, big endian). Source: gRPC over HTTP/2, "Length-Prefixed-Message". */
const PREFIX_BYTES = 5

/**
 * Reads the only message of a unary call. Its length comes first, so one that is too long is refused before it is read;
 * each byte is counted in the lease as it arrives. Throws `BadBody`, `BodyTooLarge`, `NotDurable` or `SenderGone`.
 */
export function readMessage(
  stream: ServerHttp2Stream,
  { maxBody, checkCapacity, lease }: MessageLimits,
): Promise<Message> {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  let prefixed = 0
  let message: Buffer | null = null
  let filled = 0
  let settled = false

  const begin = (): Buffer => {
    const length = prefix.readUInt32BE(1)
    if (prefix[0]! > 1) throw new BadBody(`the message begins with ${prefix[0]}, not with a compressed flag`)
    if (length > maxBody) throw new BodyTooLarge(`its message is longer than collector.maxBody (${maxBody} bytes)`)
    checkCapacity(length)
    return Buffer.allocUnsafeSlow(length)
  }

  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      if (settled) return
      settled = true
      stream.off('data', take)
      // What still comes is read and dropped, so that the sender gets to see the answer.
      stream.resume()
      if (message !== null) freeBytes(message)
      reject(error)
    }
    const take = (chunk: Buffer) => {
      try {
        const start = chunk.copy(prefix, prefixed)
        prefixed += start
        if (prefixed < PREFIX_BYTES) return
        message ??= begin()
        if (chunk.length - start > message.length - filled) throw new BadBody('a unary call has only one message')
        // Twice, like a body by HTTP: the rows that are made of it will stand beside it.
        lease.grow(2 * (chunk.length - start))
        filled += chunk.copy(message, filled, start)
      } catch (error) {
        fail(error)
      }
    }
    stream.on('data', take)
    stream.once('end', () => {
      if (settled) return
      if (message === null || filled < message.length) {
        fail(new BadBody('the call ended before its message was complete'))
        return
      }
      settled = true
      resolve({ compressed: prefix[0] === 1, bytes: message })
    })
    stream.once('error', (cause) => fail(new SenderGone('the sender broke off', { cause })))
    stream.once('close', () => fail(new SenderGone('the sender closed the stream')))
  })
}
