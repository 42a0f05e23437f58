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
  return async (db: Db, values: z.input<P>): Promise<z.output<R>[]> => {
    const result = await db.query({
      query: sql,
      query_params: params.parse(values) as Record<string, unknown>,
      format: 'JSONEachRow',
      clickhouse_settings: { ...READ, ...settings },
    })
    return (await result.json<unknown>()).map((line) => row.parse(line))
  }
}
