import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import type { AnnotationQuery, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard'
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'

const PLUGIN = 'grafana-clickhouse-datasource'

/** Everything on a board asks the data source that the reader picked. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own placeholder
export const DATASOURCE = { type: PLUGIN, uid: '${datasource}' }

const FORMAT = { timeseries: 0, table: 1 } as const

/** A query of Grafana's ClickHouse plugin. */
export const target = (rawSql: string, format: keyof typeof FORMAT, refId = 'A'): Builder<Dataquery> => ({
  build: () =>
    ({
      datasource: DATASOURCE,
      editorType: 'sql',
      format: FORMAT[format],
      queryType: format,
      rawSql,
      refId,
    }) as unknown as Dataquery,
})

export const datasourceVariable = (): Builder<VariableModel> =>
  new DatasourceVariableBuilder('datasource').label('Data source').type(PLUGIN)

/** A list to pick any number of values from, read again when the time range changes; all of them at first. */
export const listVariable = (name: string, label: string, rawSql: string): Builder<VariableModel> =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ editorType: 'sql', rawSql, refId: `variable-${name}` })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.Disabled)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] })

/** Marks on every time axis: `rawSql` returns time, timeEnd, title, text and tags. */
export const annotation = (name: string, iconColor: string, rawSql: string): Builder<AnnotationQuery> => ({
  build: () =>
    ({
      name,
      datasource: DATASOURCE,
      enable: true,
      iconColor,
      preset: 'custom',
      customSql: rawSql,
      rawQuery: rawSql,
      target: { editorType: 'sql', format: FORMAT.table, rawSql, refId: name },
    }) as unknown as AnnotationQuery,
})
