import type { ExplainedIndicator, ExplainedSlo } from './explain-command.ts'

/** For reading: the select, its parameters one a line, and what the last day cost. */
export function explainText({ slo, method, indicators }: ExplainedSlo): string {
  const head = method === null ? slo : `${slo}: ${indicators.length} SLIs, joined by the method ${method}`
  return [head, ...indicators.map(indicatorText)].join('\n\n')
}

function indicatorText({ name, generation, source, sql, params, cost, error, progress }: ExplainedIndicator): string {
  const widest = Math.max(...Object.keys(params).map((param) => param.length))
  const bound = Object.entries(params).map(([param, value]) => `  ${param.padEnd(widest)}  ${valueText(value)}`)
  const price = cost
    ? `over the last day: ${whole(cost.minutes)} minutes answered from ${whole(cost.rowsRead)} rows, ${bytesText(cost.bytesRead)}, in ${whole(cost.ms)} ms`
    : `cannot be measured: ${error}`
  const measuring = progress === null ? [] : [`measuring: ${Math.floor(progress * 100)} % of its history is measured`]
  const head = `SLI ${name} (source ${source}, generation ${generation})`
  return [head, indented(sql), 'with', ...bound, price, ...measuring].join('\n')
}

const valueText = (value: unknown): string => (value instanceof Date ? value.toISOString() : JSON.stringify(value))

const indented = (sql: string) => sql.replace(/^/gm, '  ')

const whole = (n: number) => Math.round(n).toLocaleString('en-US')

function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`
}
