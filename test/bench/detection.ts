/**
 * Seconds from the first failing call to the page, in real time at the default settings: a total outage at 99.9 % over
 * 30 d, ten calls a second, six hours of healthy history. 51.84 s are inherent. Run: node test/bench/detection.ts [runs]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, start, workplace } from '../e2e/plumbline.ts'
import { startReceiver } from '../e2e/receiver.ts'
import { startService } from '../e2e/service.ts'

const CALLS_PER_SECOND = 10
/** The longer page tier must not see a young store, in which six hours hold what one hour holds. */
const HISTORY_SECONDS = 6 * 3_600
const runs = Number(process.argv[2] ?? 1)

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
    const failing = Date.now()
    while (receiver.messages.length === 0 && Date.now() < failing + 180_000) {
      call(503, Date.now() - 40)
      await sleep(1000 / CALLS_PER_SECOND)
    }
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
