import type { Reason } from '../rejections.ts'
import type { Signal } from '../signals.ts'
import { writeFields } from './fields.ts'
import type { JsonNotes } from './json-notes.ts'
import { MessageWriter } from './message-writer.ts'
import { otherSignals } from './other-signals.ts'
import { REQUESTS } from './otlp-messages.ts'
import { parseBody } from './parse.ts'

export interface FromJson {
  message: Buffer
  notes: JsonNotes
  /** Records of other signals than the one asked for. */
  others: [Reason, number][]
}

/**
 * An OTLP/JSON request as the protobuf message it stands for, so that both encodings are read by one decoder; throws
 * `BadBody` or `BodyTooLarge`. `charge` gets the number of bytes it takes beforehand, and may throw.
 */
export function jsonToProtobuf(signal: Signal, body: Buffer, charge: (bytes: number) => void = () => {}): FromJson {
  const writer = new MessageWriter(charge)
  const request = parseBody(body)
  writeFields(writer, request, REQUESTS[signal])
  return { message: writer.written(), notes: writer.notes, others: otherSignals(signal, request) }
}
