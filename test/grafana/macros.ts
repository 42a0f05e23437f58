/** What a reader has picked in the board's variables; `all` stands for All. */
export type Picked = Readonly<Record<string, 'all' | readonly string[]>>

export interface Expansion {
  /** Unix seconds. */
  from: number
  to: number
  intervalSeconds: number
  picked: Picked
}

/**
 * Text that Grafana would send for a query: what its browser does ($__conditionalAll, then variables), then the macros
 * of the ClickHouse plugin's backend. Throws on a macro or variable that it does not know.
 * Source: grafana/clickhouse-datasource 4.20, pkg/macros/macros.go and src/data/CHDatasource.ts.
 */
export function expand(sql: string, { from, to, intervalSeconds, picked }: Expansion): string {
  const time = (seconds: number) => `toDateTime(${seconds})`
  const ms = (seconds: number) => `fromUnixTimestamp64Milli(${seconds * 1000})`
  const seconds = Math.max(intervalSeconds, 1)
  let text = replaceMacro(sql, '$__conditionalAll', (args) => {
    const [condition = '', variable = ''] = args
    if (args.length !== 2) throw new Error(`$__conditionalAll takes two arguments, not: ${args.join(', ')}`)
    return isAll(picked, variable.slice(1)) ? '1=1' : condition
  })
  text = text.replace(/\$\{(\w+):singlequote\}/g, (_, name: string) => listOf(picked, name))
  text = replaceMacro(text, '$__timeFilter', ([column]) => `${column} >= ${time(from)} AND ${column} <= ${time(to)}`)
  text = replaceMacro(text, '$__timeFilter_ms', ([column]) => `${column} >= ${ms(from)} AND ${column} <= ${ms(to)}`)
  text = replaceMacro(
    text,
    '$__timeInterval',
    ([column]) => `toStartOfInterval(toDateTime(${column}), INTERVAL ${seconds} second)`,
  )
  text = text
    .replaceAll('$__fromTime_ms', ms(from))
    .replaceAll('$__toTime_ms', ms(to))
    .replaceAll('$__fromTime', time(from))
    .replaceAll('$__toTime', time(to))
    .replaceAll('$__interval_s', String(seconds))
  const left = /\$\{?_*\w+/.exec(text)
  if (left) throw new Error(`nothing expands ${left[0]} in: ${text}`)
  return text
}

const isAll = (picked: Picked, name: string): boolean => {
  const value = picked[name]
  if (value === undefined) throw new Error(`the board has no variable ${name}`)
  return value === 'all' || value.length === 0
}

function listOf(picked: Picked, name: string): string {
  const value = picked[name]
  if (value === undefined || value === 'all')
    throw new Error(`\${${name}} outside $__conditionalAll while All is picked`)
  return value.map((item) => `'${item.replaceAll("'", "\\'")}'`).join(',')
}

/** Replaces `name(a, b)` by what `expansion` makes of its arguments; parentheses inside arguments are theirs. */
function replaceMacro(text: string, name: string, expansion: (args: string[]) => string): string {
  for (let start = indexOfCall(text, name); start !== -1; start = indexOfCall(text, name)) {
    const args: string[] = ['']
    let depth = 1
    let end = start + name.length + 1
    for (; depth > 0; end += 1) {
      const char = text[end]
      if (char === undefined) throw new Error(`${name} is not closed in: ${text}`)
      if (char === '(') depth += 1
      if (char === ')') depth -= 1
      if (depth === 0) continue
      if (char === ',' && depth === 1) args.push('')
      else args[args.length - 1] += char
    }
    text = text.slice(0, start) + expansion(args.map((arg) => arg.trim())) + text.slice(end)
  }
  return text
}

const indexOfCall = (text: string, name: string) => text.indexOf(`${name}(`)
