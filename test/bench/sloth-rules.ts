import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

/**
 * What Prometheus would evaluate for the same SLOs: every rule that Sloth generates for an SLO over 30 days with its
 * default alerts, and the series behind them.
 * Source: https://github.com/slok/sloth/blob/main/examples/_gen/getting-started.yml
 */

const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const
const TARGET = 0.99
const BUDGET = `(1 - ${TARGET})`

const PAGE = [
  ['5m', '1h', 14.4],
  ['30m', '6h', 6],
] as const
const TICKET = [
  ['2h', '1d', 3],
  ['6h', '3d', 1],
] as const

/** The three groups of one SLO: error ratios, metadata, alerts. */
export function groupsOf(slo: number) {
  const labels = { sloth_id: `checkout-slo-${slo}`, sloth_service: 'checkout', sloth_slo: `slo-${slo}` }
  const selected = `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}}`
  const ratio = (window: string) => `slo:sli_error:ratio_rate${window}${selected}`
  const record = (name: string, expr: string, more: object = {}) => ({
    record: name,
    expr,
    labels: { ...labels, ...more },
  })
  const perBudget = (series: string) =>
    `${series} / on(sloth_id, sloth_slo, sloth_service) group_left slo:error_budget:ratio${selected}`
  const over = (window: string, factor: number) => `(${ratio(window)} > (${factor} * ${BUDGET}))`
  const alert = (severity: string, tiers: typeof PAGE | typeof TICKET) => ({
    alert: 'CheckoutSLO',
    expr: tiers
      .map(([a, b, factor]) => `(${over(a, factor)} and ignoring (sloth_window) ${over(b, factor)})`)
      .join(' or ignoring (sloth_window) '),
    labels: { sloth_severity: severity },
  })
  const name = `checkout-slo-${slo}`
  return [
    {
      name: `sloth-slo-sli-recordings-${name}`,
      rules: [
        ...WINDOWS.map((window) =>
          record(
            `slo:sli_error:ratio_rate${window}`,
            `(sum(rate(calls_failed_total{slo="slo-${slo}"}[${window}]))) / (sum(rate(calls_total{slo="slo-${slo}"}[${window}])))`,
            { sloth_window: window },
          ),
        ),
        record(
          'slo:sli_error:ratio_rate30d',
          `sum_over_time(${ratio('5m')}[30d]) / ignoring (sloth_window) count_over_time(${ratio('5m')}[30d])`,
          { sloth_window: '30d' },
        ),
      ],
    },
    {
      name: `sloth-slo-meta-recordings-${name}`,
      rules: [
        record('slo:objective:ratio', `vector(${TARGET})`),
        record('slo:error_budget:ratio', `vector${BUDGET}`),
        record('slo:time_period:days', 'vector(30)'),
        record('slo:current_burn_rate:ratio', perBudget(ratio('5m'))),
        record('slo:period_burn_rate:ratio', perBudget(ratio('30d'))),
        record('slo:period_error_budget_remaining:ratio', `1 - slo:period_burn_rate:ratio${selected}`),
        record('sloth_slo_info', 'vector(1)', { sloth_mode: 'cli-gen-prom', sloth_spec: 'prometheus/v1' }),
      ],
    },
    { name: `sloth-slo-alerts-${name}`, rules: [alert('page', PAGE), alert('ticket', TICKET)] },
  ]
}

export interface Past {
  slos: number
  minutes: number
  /** Minutes since 1970. */
  end: number
  callsAMinute: number
  badIn(slo: number, minute: number): number
}

/** OpenMetrics: two counters a minute for each SLO, and the five-minute ratio that its rule would have recorded. */
export async function writePast(file: string, { slos, minutes, end, callsAMinute, badIn }: Past): Promise<void> {
  const out = createWriteStream(file)
  const put = async (text: string) => {
    if (!out.write(text)) await once(out, 'drain')
  }
  const first = end - minutes
  const family = async (
    name: string,
    type: 'counter' | 'gauge',
    labelsOf: (slo: number) => string,
    valueIn: (slo: number) => (minute: number) => number,
  ) => {
    await put(`# TYPE ${name} ${type}\n`)
    const series = type === 'counter' ? `${name}_total` : name
    for (let slo = 0; slo < slos; slo++) {
      const value = valueIn(slo)
      let lines = ''
      for (let minute = first; minute < end; minute++) {
        lines += `${series}{${labelsOf(slo)}} ${value(minute)} ${minute * 60}\n`
      }
      await put(lines)
    }
  }
  const bySlo = (slo: number) => `slo="slo-${slo}"`
  await family('calls', 'counter', bySlo, () => (minute) => (minute - first + 1) * callsAMinute)
  await family('calls_failed', 'counter', bySlo, (slo) => {
    let failed = 0
    return (minute) => (failed += badIn(slo, minute))
  })
  const recorded = (slo: number) =>
    `sloth_id="checkout-slo-${slo}",sloth_service="checkout",sloth_slo="slo-${slo}",sloth_window="5m"`
  await family('slo:sli_error:ratio_rate5m', 'gauge', recorded, (slo) => (minute) => {
    let bad = 0
    for (let back = 0; back < 5; back++) bad += badIn(slo, minute - back)
    return bad / (5 * callsAMinute)
  })
  await put('# EOF\n')
  out.end()
  await once(out, 'finish')
}
