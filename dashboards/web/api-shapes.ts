import type { z } from 'zod'
import type { resetSchema } from '../../api/budget-resets.ts'
import type { dependencySchema } from '../../api/dependencies.ts'
import type { HistoryStep } from '../../api/history.ts'
import type { incidentDetailSchema, incidentSchema } from '../../api/incident-shapes.ts'
import type { maintenanceSchema } from '../../api/maintenance-windows.ts'
import type { silenceSchema } from '../../api/silences.ts'
import type { methodsSchema } from '../../api/slo-methods.ts'
import type { historySchema, sloDetailSchema, statusSchema } from '../../api/slo-shapes.ts'
import type { traceSchema } from '../../api/traces.ts'
import type { SloStatus } from '../../slo/status.ts'

/** What the HTTP API answers, as far as the pages read it. Times are RFC 3339 text, ratios 0…1, missing numbers null. */

export type { HistoryStep, SloStatus }
export type SloState = SloStatus['status']
/** A row of the list: its status, and what its own page tells at length. */
export type ListedSlo = z.output<typeof statusSchema>
export type SloDetail = z.output<typeof sloDetailSchema>
export type BudgetReset = z.output<typeof resetSchema>
export type Methods = z.output<typeof methodsSchema>
export type History = z.output<typeof historySchema>
export type Tier = SloDetail['tiers'][number]
export type Incident = z.output<typeof incidentSchema>
export type IncidentDetail = z.output<typeof incidentDetailSchema>
export type Silence = z.output<typeof silenceSchema>
export type MaintenanceWindow = z.output<typeof maintenanceSchema>
export type Severity = Incident['severity']
export type Trace = z.output<typeof traceSchema>
export type Dependency = z.output<typeof dependencySchema>
export type Health = Dependency['health']

export interface List<T> {
  items: T[]
  nextCursor: string | null
}
