import { z } from 'zod'
import { boardFiles } from '../../dashboards/grafana/generate.ts'

const datasource = z.object({ type: z.string(), uid: z.string() })

const target = z.object({
  datasource,
  refId: z.string(),
  editorType: z.literal('sql'),
  format: z.union([z.literal(0), z.literal(1)]),
  rawSql: z.string(),
})

const panel = z.object({
  id: z.int(),
  type: z.string(),
  title: z.string(),
  description: z.string(),
  datasource,
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  targets: z.array(target),
  fieldConfig: z.object({
    defaults: z.object({ unit: z.string().optional(), mappings: z.array(z.unknown()).optional() }),
    overrides: z.array(
      z.object({ matcher: z.unknown(), properties: z.array(z.object({ id: z.string(), value: z.unknown() })) }),
    ),
  }),
})
export type Panel = z.output<typeof panel>

const variable = z.object({
  type: z.string(),
  name: z.string(),
  label: z.string(),
  query: z.union([z.string(), z.object({ editorType: z.literal('sql'), rawSql: z.string() })]),
  refresh: z.number().optional(),
  datasource: datasource.optional(),
  includeAll: z.boolean().optional(),
  multi: z.boolean().optional(),
})

const annotation = z.object({
  name: z.string(),
  datasource,
  enable: z.boolean(),
  preset: z.literal('custom'),
  customSql: z.string(),
  rawQuery: z.string(),
  target: z.object({ editorType: z.literal('sql'), format: z.literal(1), rawSql: z.string() }),
})

/** The part of Grafana's classic dashboard model that the tests look at. */
const board = z.object({
  id: z.null(),
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.number(),
  editable: z.boolean(),
  graphTooltip: z.number(),
  tags: z.array(z.string()),
  refresh: z.string(),
  time: z.object({ from: z.string(), to: z.string() }),
  links: z.array(
    z.object({ type: z.string(), tags: z.array(z.string()), keepTime: z.boolean(), includeVars: z.boolean() }),
  ),
  templating: z.object({ list: z.array(variable) }),
  annotations: z.object({ list: z.array(annotation) }),
  panels: z.array(panel),
})
export type Board = z.output<typeof board>

export const BOARDS: readonly Board[] = Object.values(boardFiles()).map((text) => board.parse(JSON.parse(text)))
