import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import type { z } from 'zod'

/** A connection to one ClickHouse database; every function of `storage/` takes it first. */
export type Db = ClickHouseClient

const READ: ClickHouseSettings = { output_format_json_quote_64bit_integers: 0, max_execution_time: 30 }

interface Declaration<P extends z.ZodType, R extends z.ZodType> {
  sql: string
  params: P
  row: R
  settings?: ClickHouseSettings
}

/** Declares a query once: text with `{name:Type}` parameters, their schema, and the schema of a row. */
export function query<P extends z.ZodType, R extends z.ZodType>({ sql, params, row, settings }: Declaration<P, R>) {
  const inSeconds = [...sql.matchAll(/\{(\w+):DateTime\}/g)].map(([, name]) => name!)
  return async (db: Db, values: z.input<P>): Promise<z.output<R>[]> => {
    const result = await db.query({
      query: sql,
      query_params: wholeSeconds(params.parse(values) as Record<string, unknown>, inSeconds),
      format: 'JSONEachRow',
      clickhouse_settings: { ...READ, ...settings },
    })
    return (await result.json<unknown>()).map((line) => row.parse(line))
  }
}

/** ClickHouse refuses a `DateTime` with milliseconds: they are cut. */
function wholeSeconds(values: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const cut = names.flatMap((name) => {
    const value = values[name]
    return value instanceof Date ? [[name, new Date(Math.floor(value.getTime() / 1_000) * 1_000)]] : []
  })
  return { ...values, ...Object.fromEntries(cut) }
}
