import { afterAll, beforeAll, expect, test } from 'vitest'
import { NO_RULES } from '../../integration/call-rules.ts'
import { traceBody } from './builders.ts'
import { rowsOfBody, spanRows } from './read-rows.ts'
import { collectorUnderTest, type UnderTest } from './under-test.ts'

let collector: UnderTest
beforeAll(async () => {
  collector = await collectorUnderTest()
})
afterAll(() => collector[Symbol.asyncDispose]())

const CALL = { 'peer.service': 'acme' }
const weightsOf = (body: Buffer, maxWeight?: number) => {
  const rules = maxWeight === undefined ? NO_RULES : { ...NO_RULES, maxWeight }
  return rowsOfBody(spanRows({ rules }), body).calls.map(({ weight }) => weight)
}

test.each<[string, Buffer]>([
  ['th', traceBody([{ traceState: 'ot=th:ffffffffffffff', attributes: CALL }])],
  ['p', traceBody([{ traceState: 'ot=p:62', attributes: CALL }])],
  ['sampling.threshold', traceBody([{ attributes: { ...CALL, 'sampling.threshold': 'ffffffffffffff' } }])],
  ['sampling.probability', traceBody([{ attributes: { ...CALL, 'sampling.probability': 1e-300 } }])],
  ['sampling.ratio', traceBody([{ attributes: { ...CALL, 'sampling.ratio': '1e-320' } }])],
  ['sampler.param', traceBody([{ attributes: { ...CALL, 'sampler.type': 'probabilistic', 'sampler.param': 1e-9 } }])],
  ['SampleRate', traceBody([{ attributes: { ...CALL, SampleRate: 1_000_000n } }])],
  ['sampleRate', traceBody([{ attributes: { ...CALL, sampleRate: 1e300 } }])],
  ['sample_rate of the resource', traceBody([{ attributes: CALL }], { 'service.name': 's', sample_rate: 1e12 })],
])('a weight stated by %s ends at 1,000, or where the configuration says', (_, body) => {
  expect(weightsOf(body)).toEqual([1_000])
  expect(weightsOf(body, 50)).toEqual([50])
})

test('weights below the cap stay, and spans above it are counted', async () => {
  const spans = ['ot=th:c', 'ot=th:ffffffffffffff', 'ot=p:10'].map((traceState) => ({ traceState, attributes: CALL }))
  expect(weightsOf(traceBody(spans))).toEqual([4, 1_000, 1_000])
  await collector.post(traceBody(spans))
  expect(await collector.registry.metrics()).toContain(
    'plumbline_ingest_adjusted_records_total{signal="traces",reason="weight_capped"} 2',
  )
})
