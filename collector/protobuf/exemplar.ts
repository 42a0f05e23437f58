import type { Exemplar } from '../telemetry.ts'
import { readAttribute } from './common.ts'
import type { Reader } from './reader.ts'

export function readExemplar(reader: Reader): Exemplar {
  const outer = reader.enterPart()
  const exemplar: Exemplar = { attributes: new Map(), timeNs: 0n, value: 0, spanId: '', traceId: '' }
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x11 /* time_unix_nano */) exemplar.timeNs = reader.fixed64()
    else if (tag === 0x19 /* as_double */) exemplar.value = reader.double()
    else if (tag === 0x22 /* span_id */) exemplar.spanId = reader.hex()
    else if (tag === 0x2a /* trace_id */) exemplar.traceId = reader.hex()
    else if (tag === 0x31 /* as_int */) exemplar.value = Number(reader.sfixed64())
    else if (tag === 0x3a /* filtered_attributes */) readAttribute(reader, exemplar.attributes)
    else reader.skip(tag)
  }
  reader.leave(outer)
  return exemplar
}
