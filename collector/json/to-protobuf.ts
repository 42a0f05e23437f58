import type { Signal } from '../signals.ts'
import { writeFields } from './fields.ts'
import { MessageWriter } from './message-writer.ts'
import { REQUESTS } from './otlp-messages.ts'
import { parseBody } from './parse.ts'

/**
 * An OTLP/JSON request as the protobuf message it stands for, so that both encodings are read by one decoder; throws
 * `BadBody` or `BodyTooLarge`. `charge` is told of the bytes it takes beforehand, and may throw.
 */
export function jsonToProtobuf(signal: Signal, body: Buffer, charge: (bytes: number) => void = () => {}): Buffer {
  const writer = new MessageWriter(charge)
  writeFields(writer, parseBody(body), REQUESTS[signal])
  return writer.written()
}
