/** The request could not be made durable, or nobody may try now: the client should send it again (503, UNAVAILABLE). */
export class NotDurable extends Error {
  override readonly name = 'NotDurable'
  readonly reason: 'busy' | 'disk_full' | 'write_failed' | 'draining' | 'fault'
  readonly retryAfterSeconds: number

  constructor(reason: NotDurable['reason'], message: string, retryAfterSeconds = 1, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
    this.retryAfterSeconds = retryAfterSeconds
  }
}
