import { stringify } from 'yaml'
import type { Counts, Slo } from '../../slo/model.ts'
import { tierLabel } from '../../slo/tiers.ts'

/** Events of an SLO as two Prometheus counters sampled once a minute: value n is what had happened before minute n. */
export function counterSeries(minutes: readonly Counts[]): { series: string; values: string }[] {
  const running = (of: (minute: Counts) => number) => {
    let sum = 0
    const values = minutes.map((minute) => {
      sum += of(minute)
      return sum
    })
    return [0, ...values].join(' ')
  }
  return [
    { series: 'events_total', values: running(({ total }) => total) },
    { series: 'events_failed_total', values: running(({ good, total }) => total - good) },
  ]
}

/** Burn rate as the SRE Workbook writes it in PromQL. */
export const burnExpression = (windowMinutes: number, { objective }: Slo): string =>
  `sum(rate(events_failed_total[${windowMinutes}m])) / sum(rate(events_total[${windowMinutes}m])) / ${objective.budgetPpm / 1_000_000}`

/** One alert a tier: both windows above the factor. Source: Google SRE Workbook, ch. 5, "Multiwindow, Multi-Burn-Rate Alerts". */
export function textbookRules(slo: Slo): string {
  const rules = slo.tiers.map((tier) => ({
    alert: alertName(tier),
    expr: [tier.longMinutes, tier.shortMinutes]
      .map((minutes) => `(${burnExpression(minutes, slo)} > ${tier.factor})`)
      .join(' and '),
  }))
  return stringify({ groups: [{ name: 'textbook', rules }] })
}

export const alertName = (tier: Slo['tiers'][number]): string => `Burn_${tierLabel(tier).replace('/', '_')}`

/** At minute n: what the alert of a tier must be, and what the burn of a window must be, null without events. */
export interface Expectation {
  minute: number
  alerts: { name: string; isFiring: boolean }[]
  burns: { windowMinutes: number; burn: number | null }[]
}

/** Burn rates agree to this part: PromQL divides more often than we do. */
const TOLERANCE = 1e-9

export function promtoolTest(
  rulesFile: string,
  slo: Slo,
  minutes: readonly Counts[],
  expected: readonly Expectation[],
) {
  return stringify({
    rule_files: [rulesFile],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: counterSeries(minutes),
        alert_rule_test: expected.flatMap(({ minute, alerts }) =>
          alerts.map(({ name, isFiring }) => ({
            eval_time: `${minute}m`,
            alertname: name,
            exp_alerts: isFiring ? [{}] : [],
          })),
        ),
        promql_expr_test: expected.flatMap(({ minute, burns }) =>
          burns.map(({ windowMinutes, burn }) => ({
            expr: agreement(burnExpression(windowMinutes, slo), burn),
            eval_time: `${minute}m`,
            exp_samples: [{ labels: '{}', value: 1 }],
          })),
        ),
      },
    ],
  })
}

/** PromQL that is 1 where its burn rate is ours; without events it is NaN, which equals nothing. */
function agreement(expression: string, burn: number | null): string {
  if (burn === null) return `1 - ((${expression}) == bool (${expression}))`
  return burn === 0 ? `(${expression}) == bool 0` : `abs((${expression}) / ${burn} - 1) < bool ${TOLERANCE}`
}
