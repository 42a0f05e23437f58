/** The body cannot be decoded: the client must drop the batch (400, INVALID_ARGUMENT). */
export class BadBody extends Error {
  override readonly name = 'BadBody'
  /** Where in the message, as a field path or byte offset; '' when unknown. */
  readonly field: string

  constructor(message: string, field = '') {
    super(message)
    this.field = field
  }
}

/** Nested messages allowed in one request: protobuf's own default. Beyond it decoding stops, so that no input exhausts the stack. */
export const MAX_DEPTH = 100

/** The request is larger than configured, as sent, after decompression or as rows (413, RESOURCE_EXHAUSTED without retry). */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}

/**
 * Resources and scopes in one request, and parts such as events, links, points or exemplars in one record: each takes
 * hundreds of bytes of memory where an empty one takes two on the wire.
 */
export const MAX_PARTS = 100_000

export const tooManyParts = () =>
  new BodyTooLarge(
    `it has more than ${MAX_PARTS} resources and scopes, or a record has more parts; send smaller batches`,
  )
