import type { MetricObjectWithValues, MetricValue } from 'prom-client'

/** One sample; `suffix` is `_bucket`, `_sum` or `_count` inside a histogram or summary. */
export interface Sample {
  labels: Readonly<Record<string, string | number>>
  value: number
  suffix?: string
}

/** A metric with all its series, independent of the text format. Counters are named with `_total`. */
export interface Family {
  name: string
  type: 'gauge' | 'counter' | 'histogram' | 'summary'
  help: string
  samples: readonly Sample[]
}

export const CLASSIC = 'text/plain; version=0.0.4; charset=utf-8'
export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** The format a scraper prefers: OpenMetrics where its Accept header names it, else the classic one. */
export const formatFor = (accept: string | undefined): typeof CLASSIC | typeof OPEN_METRICS =>
  accept?.includes('application/openmetrics-text') ? OPEN_METRICS : CLASSIC

/**
 * Metrics as text, families in the given order; a family without samples leaves no trace.
 * Source: Prometheus exposition formats 0.0.4, OpenMetrics 1.0 (there a counter's family lacks `_total`, and `# EOF` ends).
 */
export function renderFamilies(families: readonly Family[], format: typeof CLASSIC | typeof OPEN_METRICS): string {
  const open = format === OPEN_METRICS
  const lines: string[] = []
  for (const { name, type, help, samples } of families) {
    if (samples.length === 0) continue
    const family = open && type === 'counter' ? name.replace(/_total$/, '') : name
    lines.push(`# HELP ${family} ${escapeHelp(help, open)}`, `# TYPE ${family} ${type}`)
    for (const { labels, value, suffix } of samples)
      lines.push(`${name}${suffix ?? ''}${labelText(labels)} ${numberText(value)}`)
  }
  if (open) lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

const escapeHelp = (text: string, open: boolean): string => {
  const escaped = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
  return open ? escaped.replace(/"/g, '\\"') : escaped
}

/** An empty label value means "no such label" to Prometheus, so it is left out. One string per sample: scrapes are large. */
function labelText(labels: Sample['labels']): string {
  let text = ''
  for (const name in labels) {
    const value = labels[name]
    if (value !== '') text += `${text === '' ? '{' : ','}${name}="${escapeLabel(String(value))}"`
  }
  return text === '' ? '' : `${text}}`
}

const escapeLabel = (text: string): string =>
  /[\\\n"]/.test(text) ? text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"') : text

const numberText = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)

/**
 * Metrics of a prom-client registry as families, so that one writer renders everything in either format.
 * prom-client names three gauges `nodejs_active_*_total`; the suffix is a counter's, and their sums are in
 * `nodejs_active_handles`, `_requests`, `_resources` already, so they are left out.
 */
export function familiesOf(metrics: readonly MetricObjectWithValues<MetricValue<string>>[]): Family[] {
  return metrics
    .filter(({ name, type }) => !(String(type) === 'gauge' && name.endsWith('_total')))
    .map(({ name, help, type, values }) => ({
      name,
      help,
      type: String(type) as Family['type'],
      samples: values.map(({ labels, value, ...rest }) => ({
        labels: labels as Sample['labels'],
        value,
        suffix: suffixOf(name, (rest as { metricName?: string }).metricName),
      })),
    }))
}

const suffixOf = (family: string, metricName: string | undefined): string => metricName?.slice(family.length) ?? ''
