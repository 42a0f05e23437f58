import type { AlertState } from '../../slo/alert/alert-state.ts'
import { NEVER_FIRED } from '../../slo/alert/alert-state.ts'
import type { IncidentStream } from '../../slo/alert/alert-stream.ts'
import type { TierVerdict } from '../../slo/alert/alert-verdict.ts'
import type { AlertSubject, Group } from '../../slo/alert/incident-group.ts'
import type { Severity } from '../../slo/model.ts'
import type { IncidentFacts } from './incident-facts.ts'

/** What is remembered of one alert between ticks; JSON in the latest row of its journal. */
export interface AlertRecord {
  state: AlertState
  /** The incident it belongs to; '' while it does not fire. */
  incident: string
  /** The incident it belonged to last. */
  previousIncident: string | null
  /** What it is about and how it ends, for alerts whose source may not name them any more; null while it does not fire. */
  fired: {
    subject: AlertSubject
    keepFiringMs: Readonly<Record<Severity, number>>
    root: string
    summary: string
  } | null
  /** The tiers that matched when it rose, with what was read then. */
  risen: TierVerdict[]
}

export const NEW_RECORD: AlertRecord = {
  state: NEVER_FIRED,
  incident: '',
  previousIncident: null,
  fired: null,
  risen: [],
}

/** What is remembered of one open incident between ticks; `group` and `stream` are JSON in the latest row of its journal. */
export interface IncidentRecord {
  group: Group
  stream: IncidentStream
  /** Grows with everything recorded of it. */
  revision: number
  /** As it was at its last change. */
  facts: IncidentFacts
}

/** Everything that is remembered, by alert and by incident. */
export interface Memory {
  alerts: Map<string, AlertRecord>
  incidents: Map<string, IncidentRecord>
}

export const emptyMemory = (): Memory => ({ alerts: new Map(), incidents: new Map() })

/** Whether a restart between two ticks would lose something. */
export const differs = (a: unknown, b: unknown): boolean => a !== b && JSON.stringify(a) !== JSON.stringify(b)

/** A record as it was before it became JSON; one of an earlier version begins anew, and names the incident it was in. */
export function parseAlertRecord(text: string): AlertRecord {
  const stored = JSON.parse(text) as Partial<AlertRecord>
  return stored.state ? { ...NEW_RECORD, ...stored } : { ...NEW_RECORD, previousIncident: stored.incident || null }
}
