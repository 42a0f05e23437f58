import { expect, test } from 'vitest'
import { MAX_JSON_BYTES } from '../../collector/ingest.ts'
import { collectorUnderTest, JSON_TYPE, PROTOBUF } from './under-test.ts'

/** An export request without spans that is so long. */
const jsonOf = (bytes: number) => `{"resourceSpans":[]${' '.repeat(bytes - 20)}}`

test('JSON is taken up to its own limit, whose refusal says what to do; protobuf may be longer', async () => {
  await using collector = await collectorUnderTest()
  expect((await collector.post(jsonOf(MAX_JSON_BYTES), { type: JSON_TYPE })).status).toBe(200)
  const refused = await collector.post(jsonOf(MAX_JSON_BYTES + 1), { type: JSON_TYPE })
  expect(refused.status).toBe(413)
  expect(refused.json()).toMatchObject({ message: expect.stringContaining('send protobuf') })
  // Field 2, unknown to the envelope, with a length of four bytes.
  const length = MAX_JSON_BYTES + 1
  const prefix = [0x12, (length & 127) | 128, ((length >> 7) & 127) | 128, ((length >> 14) & 127) | 128, length >> 21]
  const protobuf = Buffer.concat([Buffer.from(prefix), Buffer.alloc(length)])
  expect((await collector.post(protobuf, { type: PROTOBUF })).status).toBe(200)
})
