import type { AlertState } from '../alert/alert-state.ts'
import { NEVER_FIRED } from '../alert/alert-state.ts'
import type { IncidentStream } from '../alert/alert-stream.ts'
import type { TierVerdict } from '../alert/alert-verdict.ts'
import type { AlertSubject, Group } from '../alert/incident-group.ts'
import type { Severity } from '../model.ts'

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
    /** The SLO's definition when its condition held last; '' for alerts that are about no SLO. */
    definition: string
    /** Its condition cleared when that was another one. */
    isRedefined: boolean
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

/** What is remembered of one open incident between ticks: JSON in the latest row of its journal. */
export interface IncidentRecord {
  group: Group
  stream: IncidentStream
}

/** Everything that is remembered, by alert and by incident. Whoever keeps more of an incident may. */
export interface Memory<Incident extends IncidentRecord = IncidentRecord> {
  alerts: ReadonlyMap<string, AlertRecord>
  incidents: ReadonlyMap<string, Incident>
}

/** What must be remembered that was not, or not like that. */
export interface MemoryChange<Incident extends IncidentRecord = IncidentRecord> {
  alerts: ReadonlyMap<string, AlertRecord>
  /** Null: the incident is over. */
  incidents: ReadonlyMap<string, Incident | null>
}

export const emptyMemory = <Incident extends IncidentRecord = IncidentRecord>(): Memory<Incident> => ({
  alerts: new Map(),
  incidents: new Map(),
})

/** The memory after a change. What was handed over is not touched. */
export function remember<Incident extends IncidentRecord>(
  memory: Memory<Incident>,
  { alerts, incidents }: MemoryChange<Incident>,
): Memory<Incident> {
  if (alerts.size === 0 && incidents.size === 0) return memory
  const next = { alerts: new Map([...memory.alerts, ...alerts]), incidents: new Map(memory.incidents) }
  for (const [id, record] of incidents) {
    if (record) next.incidents.set(id, record)
    else next.incidents.delete(id)
  }
  return next
}

/**
 * Whether a restart between two ticks would lose something: two values as JSON, in which what is not defined is absent. Most
 * parts are the same objects, which are not looked into: every open incident is compared at every tick.
 */
export function differs(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return false
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return true
  for (const key in a) if (differs(a[key], b[key])) return true
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return true
  return false
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** A record as it was before it became JSON; one of an earlier version begins anew, and names the incident it was in. */
export function parseAlertRecord(text: string): AlertRecord {
  const stored = JSON.parse(text) as Partial<AlertRecord>
  return stored.state ? { ...NEW_RECORD, ...stored } : { ...NEW_RECORD, previousIncident: stored.incident || null }
}
