import type { IncidentRecord, Memory } from '../../slo/decide/alert-record.ts'
import type { IncidentFacts } from './incident-facts.ts'

/** An open incident with what its journal and its messages need. */
export interface KnownIncident extends IncidentRecord {
  /** Grows with everything recorded of it. */
  revision: number
  /** As it was at its last change. */
  facts: IncidentFacts
}

export type EvaluatorMemory = Memory<KnownIncident>
