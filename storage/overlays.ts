import type { Acknowledgement } from '../slo/alert/incident-action.ts'
import { readAcknowledgements } from './incident-actions.ts'
import { readMaintenance, type StoredMaintenance } from './maintenance-windows.ts'
import type { Db } from './query.ts'
import { readSilences, type StoredSilence } from './silences.ts'

/** What changes who is told, never what is true. */
export interface Overlays {
  silences: StoredSilence[]
  maintenance: StoredMaintenance[]
  acknowledgements: Acknowledgement[]
}

const DAY_MS = 86_400_000

/** No acknowledgement lasts longer. */
export const LONGEST_ACK_DAYS = 7

/** Overlays that hold at an instant or later; of maintenance also what is over, which may be out of a budget. */
export async function readOverlays(db: Db, now: Date): Promise<Overlays> {
  const [silences, maintenance, acknowledgements] = await Promise.all([
    readSilences(db, now),
    readMaintenance(db),
    readAcknowledgements(db, new Date(now.getTime() - LONGEST_ACK_DAYS * DAY_MS)),
  ])
  return { silences, maintenance, acknowledgements: acknowledgements.filter(({ until }) => until > now) }
}
