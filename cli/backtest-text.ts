import type { Severity, Slo } from '../slo/model.ts'
import type { Backtest } from '../slo/replay/backtest.ts'
import type { PastAlert } from '../slo/replay/sent-alerts.ts'

const METHOD_WORDS = {
  occurrences: 'by occurrences',
  timeslices: 'by time slices',
  ratio_timeslices: 'by the mean of time slices',
} as const

/** What a backtest found, for a terminal. */
export function backtestText(slo: Slo, result: Backtest): string {
  const { objective } = slo
  const lines = [
    `${slo.name}: ${percent(objective.targetPpm / 1_000_000)} over ${objective.window.duration}, ${METHOD_WORDS[objective.method]}`,
    `  judged   ${minuteText(result.from)} to ${minuteText(result.to)} UTC, ${percent(result.coverage)} of the SLO window is known`,
    ...(result.knownFrom === null
      ? []
      : [`  note     there is no telemetry before ${minuteText(result.knownFrom)} UTC`]),
    ...budgetLines(result),
    `  alerts   ${countOf(result, 'page')}, ${countOf(result, 'ticket')}`,
    ...result.alerts.map(alertLine),
  ]
  if (slo.alerting === 'off') lines.push('           this SLO does not alert: plumbline.dev/alert-mode is off')
  return lines.join('\n')
}

function budgetLines({ counts, budget }: Backtest): string[] {
  if (budget.consumed === null || budget.remaining === null) {
    return ['  SLI      unknown: nothing it looks at was found']
  }
  const bad = counts.total - counts.good
  return [
    `  SLI      ${budget.sli === null ? 'none, burn rates are added up' : percent(budget.sli)}: ${whole(bad)} bad of ${whole(counts.total)}`,
    `  budget   ${percent(budget.consumed)} spent, ${percent(budget.remaining)} left`,
  ]
}

/** `2 pages (1 h 4 min)` */
function countOf({ alerts, openMinutes }: Backtest, severity: Severity): string {
  const number = alerts.filter((alert) => alert.severity === severity).length
  const open = number === 0 ? '' : ` (${durationText(openMinutes[severity])} open)`
  return `${number} ${severity}${number === 1 ? '' : 's'}${open}`
}

function alertLine({ severity, from, to, minutes, ...alert }: PastAlert): string {
  const until = to === null ? 'still open' : minuteText(to)
  const { tier, governingWindow, burn, counts, summary } = alert
  const why =
    summary ||
    `${Number(burn.toFixed(1))}x in ${governingWindow} (tier ${tier}), ${whole(counts.total - counts.good)} of ${whole(counts.total)} bad`
  return `    ${severity.padEnd(6)} ${minuteText(from)} → ${until}, ${durationText(minutes)}: ${why}`
}

/** At most four digits after the point, cut: 99.99996 % must not read as 100 %. */
function percent(ratio: number): string {
  const shown = Math.trunc(Math.abs(ratio) * 1_000_000 + 1e-6) / 10_000
  return `${ratio < 0 && shown !== 0 ? '-' : ''}${shown} %`
}

function durationText(minutes: number): string {
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), Math.round(minutes % 60)]
  return [days && `${days} d`, hours && `${hours} h`, (rest || minutes < 1) && `${rest} min`].filter(Boolean).join(' ')
}

const minuteText = (at: Date) => at.toISOString().slice(0, 16).replace('T', ' ')
const whole = (n: number) => Math.round(n).toLocaleString('en-US')
