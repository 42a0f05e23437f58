/**
 * Seconds from the first failing call to the page, in real time at the default settings: a total outage at 99.9 % over
 * 30 d, ten calls a second, six hours of healthy history. 51.84 s are inherent. With `hostile`, forty slow queries run
 * through /clickhouse and 900 KB of faulty SLO documents arrive each second meanwhile.
 * Run: node test/bench/detection.ts [runs] [hostile]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, start, workplace } from '../e2e/plumbline.ts'
import { startReceiver } from '../e2e/receiver.ts'
import { startService } from '../e2e/service.ts'

const CALLS_PER_SECOND = 10
/** The longer page tier must not see a young store, in which six hours hold what one hour holds. */
const HISTORY_SECONDS = 6 * 3_600
const runs = Number(process.argv[2] ?? 1)
const hostile = process.argv[3] === 'hostile'

const SLOW_QUERIES = 40
const SLOW_SQL = 'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) % 7 = 1'
/** Faulty objects without end: each has several errors to report. */
const DOCUMENTS =
  '---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {}\nspec: { service: 7, objectives: [{ target: 2 }] }\n'
const DOCUMENT_BYTES = 900_000

/** Keeps sending until it is disposed; what was answered, by status. */
function attack(api: string) {
  const stopped = new AbortController()
  const answers = new Map<string, number>()
  const body = DOCUMENTS.repeat(Math.ceil(DOCUMENT_BYTES / DOCUMENTS.length))
  const send = async (what: string, path: string, text: string) => {
    const status = await fetch(`${api}${path}`, { method: 'POST', body: text, signal: stopped.signal })
      .then(async (response) => {
        await response.text()
        return String(response.status)
      })
      .catch(() => 'no answer')
    const key = `${what} ${status}`
    answers.set(key, (answers.get(key) ?? 0) + 1)
  }
  const until = async (step: () => Promise<void>, restMs: number) => {
    while (!stopped.signal.aborted) {
      await step()
      await sleep(restMs)
    }
  }
  const queries = Array.from({ length: SLOW_QUERIES }, () => until(() => send('query', '/clickhouse', SLOW_SQL), 100))
  const documents = until(async () => void send('document', '/api/v1/slos/validate', body), 1_000)
  return {
    answers,
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await Promise.all([...queries, documents])
    },
  }
}

const selection = 'source: calls, service: checkout, dependency: acme-pay.example'
const SLO = `
apiVersion: openslo/v1
kind: SLO
metadata: { name: checkout-pays }
spec:
  service: checkout
  indicator:
    metadata: { name: acme-pay-answers }
    spec:
      ratioMetric:
        bad: { metricSource: { type: plumbline, spec: { ${selection}, outcome: [server_error, timeout, connection] } } }
        total: { metricSource: { type: plumbline, spec: { ${selection} } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ displayName: answers, target: 0.999 }]
`

async function once(): Promise<number> {
  await using receiver = await startReceiver()
  using place = workplace(receiver.config, { 'slo.yaml': SLO })
  const plumbline = await start(place.configPath)
  const checkout = startService('checkout', plumbline.otlpHttp, 'protobuf')
  const call = (status: number, at: number) => checkout.call({ dependency: 'acme-pay.example', status, at })
  try {
    const began = Date.now()
    for (let second = HISTORY_SECONDS; second > 0; second--) {
      for (let n = 0; n < CALLS_PER_SECOND; n++) call(200, began - second * 1_000 + n * 90)
      if (second % 300 === 0) await checkout.flush()
    }
    await checkout.flush()
    await eventually('the history is measured', async () => {
      const { counts } = await plumbline.get<{ counts: { total: number } }>('/api/v1/slos/checkout-pays')
      return counts.total >= HISTORY_SECONDS * CALLS_PER_SECOND
    })
    await using attacked = hostile ? attack(plumbline.api) : null
    if (attacked) await sleep(5_000)
    const failing = Date.now()
    while (receiver.messages.length === 0 && Date.now() < failing + 180_000) {
      call(503, Date.now() - 40)
      await sleep(1000 / CALLS_PER_SECOND)
    }
    for (const [answer, count] of attacked?.answers ?? []) console.log(`  ${answer}: ${count}`)
    return (Date.now() - failing) / 1000
  } finally {
    await checkout.stop()
    await plumbline.stop()
  }
}

const seconds: number[] = []
for (let run = 1; run <= runs; run++) {
  const took = await once()
  seconds.push(took)
  console.log(`run ${run}: the page came ${took.toFixed(1)} s after the first failing call`)
}
const sorted = seconds.toSorted((a, b) => a - b)
console.log(`median ${sorted[Math.floor(sorted.length / 2)]?.toFixed(1)} s of ${runs}`)
