import { type AlertState, NEVER_FIRED } from '../slo/alert.ts'
import type { IncidentStream } from '../slo/alert-stream.ts'
import { type IncidentFacts, reviveFacts } from './incident-facts.ts'

/** What is remembered of one SLO's alert between ticks; JSON in the latest row of its journal. */
export interface AlertRecord {
  alert: AlertState
  stream: IncidentStream | null
  /** The open incident as it was at its last change. */
  facts: IncidentFacts | null
}

export const NEW_RECORD: AlertRecord = { alert: NEVER_FIRED, stream: null, facts: null }

export function parseRecord(text: string): AlertRecord {
  const { alert, stream, facts } = JSON.parse(text) as AlertRecord
  return { alert, stream, facts: facts && reviveFacts(facts) }
}

/** Whether a restart between two ticks would lose something. */
export const differs = (a: Omit<AlertRecord, 'facts'>, b: Omit<AlertRecord, 'facts'>): boolean =>
  JSON.stringify([a.alert, a.stream]) !== JSON.stringify([b.alert, b.stream])
