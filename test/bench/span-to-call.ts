/**
 * What spans cost on the way from a request's bytes to rows, in CPU time, and the rules alone on maps of texts:
 * `node test/bench/span-to-call.ts [rounds]`. Spans differ in ids and paths as real ones do, so that caches miss as often as
 * they would in service; in one mix every value differs, so that they always miss.
 */
import { jsonToProtobuf } from '../../collector/json/to-protobuf.ts'
import { TableRows } from '../../collector/rows/tables.ts'
import { createSpanRows } from '../../collector/span-rows.ts'
import type { SpanFacts } from '../../integration/call.ts'
import { type CallRules, NO_RULES } from '../../integration/call-rules.ts'
import { AdmittedNames } from '../../integration/cardinality.ts'
import { compileRedaction, NO_REDACTION_RULES } from '../../integration/redaction.ts'
import { callOf } from '../../integration/span-to-call.ts'
import { asBody, spanJson, traceBody, traceJson } from '../collector/builders.ts'
import { LIFETIMES, NOW_MS } from '../collector/read-rows.ts'
import recorded from '../integration/recorded-spans.json' with { type: 'json' }
import type { SpanOptions } from '../integration/span.ts'
import { span, textMap } from '../integration/span.ts'
import { spanBodies } from './span-bodies.ts'

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
/** Always the same ones, so that numbers stay comparable. */
const examples = (recorded as unknown as SpanOptions[]).slice(0, 12)

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

const say = (name: string, rates: number[]) =>
  console.log(`${name.padEnd(54)} ${Math.round(median(rates)).toLocaleString('en')} spans/s`)

const SPANS_PER_REQUEST = 512
const REQUESTS = 60

const rows = new TableRows()
const keeping = { redaction: compileRedaction(NO_REDACTION_RULES), keepAttributes: 1, lifetimes: LIFETIMES }
const writeSpanRows = createSpanRows({ rules: NO_RULES, names: new AdmittedNames() }, keeping)

/** Spans a second of CPU time, from bytes to rows. */
function transcoded(bodies: readonly Buffer[], asMessage: (body: Buffer) => Buffer): number {
  const start = process.cpuUsage()
  for (const body of bodies) {
    rows.reset()
    writeSpanRows(asMessage(body), rows, NOW_MS)
  }
  const { user, system } = process.cpuUsage(start)
  return (bodies.length * SPANS_PER_REQUEST * 1e6) / (user + system)
}

let made = 0
/** A dozen attributes, none like any before. */
const oddAttributes = () =>
  Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`app.value${i}`, `value ${++made} of its kind`]))
const oddSpan = () => ({ attributes: { ...oddAttributes(), 'peer.service': 'acme' } })
const STACK = `java.net.SocketTimeoutException: Read timed out\n${'\tat sun.nio.ch.NioSocketImpl.read(NioSocketImpl.java:288)\n'.repeat(20)}`
/** As all of them are in an outage: with a stack trace. */
const failedSpan = () => ({
  attributes: { 'peer.service': 'acme', 'error.type': 'java.net.SocketTimeoutException', 'app.order': String(++made) },
  status: { code: 2, message: 'Read timed out' },
  events: [{ name: 'exception', attributes: { 'exception.type': 'E', 'exception.stacktrace': STACK } }],
})
const many = <T>(make: () => T): T[] => Array.from({ length: SPANS_PER_REQUEST }, make)

const realistic = spanBodies(SPANS_PER_REQUEST)
const asSent = (body: Buffer) => body
const fromJson = (body: Buffer) => jsonToProtobuf('traces', body).message
let request = 0
const requests: [string, () => Buffer, (body: Buffer) => Buffer][] = [
  ['decode + calls + rows', () => realistic(++request), asSent],
  ['the same, no value twice', () => traceBody(many(oddSpan)), asSent],
  ['the same, all failed with a stack trace', () => traceBody(many(failedSpan)), asSent],
  ['the same, as JSON', () => asBody(traceJson(many(() => spanJson(oddSpan())))), fromJson],
]
for (const [name, make, asMessage] of requests) {
  const bodies = Array.from({ length: REQUESTS * ROUNDS }, make)
  const rates = Array.from({ length: ROUNDS }, (_, i) =>
    transcoded(bodies.slice(i * REQUESTS, (i + 1) * REQUESTS), asMessage),
  )
  say(name, rates)
}

const mixes: [string, SpanOptions[], CallRules?][] = [
  ['all twelve recorded kinds, eight failing', examples],
  ['HTTP client, good', examples.filter(({ status }) => status === 'unset').slice(0, 1)],
  ['all twelve, with rules', examples, RULES],
]
for (const [name, pick, rules] of mixes) {
  const spans = Array.from({ length: SPANS }, (_, index) => makeSpan(index, pick))
  const rates = Array.from({ length: ROUNDS }, () => spansPerSecond(spans, rules))
  say(`rules alone, ${name}`, rates)
}
