import type { MuteReason } from '../alert/alert-stream.ts'
import type { AlertSubject } from '../alert/incident-group.ts'
import type { Severity } from '../model.ts'
import { inMaintenance, type MaintenanceWindow } from './maintenance.ts'
import { type Silence, silencedBy } from './silence.ts'

/** What changes who is told, never what is true. */
export interface Overlays {
  silences: readonly Silence[]
  maintenance: readonly MaintenanceWindow[]
  /** Of open incidents, the latest each. */
  acknowledgements: readonly { incident: string; by: string; at: Date; until: Date }[]
}

export const NO_OVERLAYS: Overlays = { silences: [], maintenance: [], acknowledgements: [] }

/** Why an alert is not told at an instant, and the id of the overlay that says so; null when nothing mutes it. */
export function muteOf(
  { alert, slo, service, dependency, env, labels }: AlertSubject,
  { severity, root }: { severity: Severity; root: string },
  { silences, maintenance }: Overlays,
  at: Date,
): { reason: MuteReason; overlay: string } | null {
  const window = inMaintenance(maintenance, { slo: slo || alert, service, dependency, env }, at)
  if (window) return { reason: 'maintenance', overlay: window.id }
  const silence = silencedBy(silences, { ...labels, severity, root_cause: root }, at)
  return silence && { reason: 'silenced', overlay: silence.id }
}
