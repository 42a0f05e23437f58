/**
 * Spans per second through `callOf` on one core: `node test/bench/span-to-call.ts [rounds]`.
 * Spans differ in ids and paths as real ones do, so that caches miss as often as they would in service.
 */
import type { SpanFacts } from '../../integration/call.ts'
import type { CallRules } from '../../integration/call-rules.ts'
import { callOf } from '../../integration/span-to-call.ts'
import recorded from '../integration/recorded-spans.json' with { type: 'json' }
import type { SpanOptions } from '../integration/span.ts'
import { span, textMap } from '../integration/span.ts'

const SPANS = 20_000
const ROUNDS = Number(process.argv[2] ?? 10)
/** Attributes that say nothing about the call, to reach the dozen that spans usually carry. */
const PADDING = { 'thread.id': 31, 'thread.name': 'worker-3', 'network.protocol.version': '1.1', 'app.tenant': 'a' }
const RULES: CallRules = {
  aliases: [{ match: '*.stripe.com', dependency: 'stripe' }],
  pathTemplates: [{ dependency: 'stripe', template: '/v1/customers/{customer}' }],
  promote: ['app.tenant'],
}

const resource = textMap({
  'service.name': 'checkout',
  'service.version': '1.4.2',
  'deployment.environment.name': 'prod',
})
const examples = recorded as unknown as SpanOptions[]

function makeSpan(index: number, pick: readonly SpanOptions[]): SpanFacts {
  const example = pick[index % pick.length]!
  const attributes: Record<string, string | number> = { ...PADDING }
  for (const [name, value] of Object.entries(example.attributes ?? {})) {
    attributes[name] =
      typeof value === 'string' ? value.replace(/4711|8812|cus_9s6X/, (id) => `${id}${index}`) : String(value)
  }
  return { ...span({ ...example, attributes }), resource }
}

function spansPerSecond(spans: readonly SpanFacts[], rules?: CallRules): number {
  const started = process.hrtime.bigint()
  let calls = 0
  for (const each of spans) if (callOf(each, rules) !== null) calls++
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  if (calls !== spans.length) throw new Error(`expected ${spans.length} calls, got ${calls}`)
  return spans.length / seconds
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const mixes: [string, SpanOptions[], CallRules?][] = [
  ['all twelve recorded kinds, eight failing', examples],
  ['HTTP client, good', examples.filter(({ status }) => status === 'unset').slice(0, 1)],
  ['all twelve, with rules', examples, RULES],
]
for (const [name, pick, rules] of mixes) {
  const spans = Array.from({ length: SPANS }, (_, index) => makeSpan(index, pick))
  const rates = Array.from({ length: ROUNDS }, () => spansPerSecond(spans, rules))
  console.log(`${name}: ${Math.round(median(rates)).toLocaleString('en')} spans/s`)
}
