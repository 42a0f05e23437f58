import { labelFingerprint } from '../fnv1a.ts'
import type { Severity } from '../model.ts'
import type { MaintenanceWindow, Subject } from '../overlay/maintenance.ts'
import { inMaintenance } from '../overlay/maintenance.ts'
import { type Labels, matchesAll } from '../overlay/matchers.ts'
import { type Silence, silenceState } from '../overlay/silence.ts'
import type { Incident } from './incident.ts'

/** One alert that fires, as silences and other tools see it. */
export interface FiringAlert {
  incident: string
  labels: Labels
  summary: string
  severity: Severity
  startsAt: Date
  subject: Subject
  runbook: string
}

/** The alerts that fire within open incidents: their members, with severity and root cause as labels. */
export function firingAlerts(incidents: readonly Incident[]): FiringAlert[] {
  return incidents
    .filter(({ state }) => state === 'open')
    .flatMap((incident) =>
      incident.members
        .filter(({ endedAt }) => endedAt === null)
        .map((member): FiringAlert => {
          const labels = {
            ...member.labels,
            severity: member.severity,
            ...(incident.rootCause !== '' && { root_cause: incident.rootCause }),
          }
          const { slo, service, dependency, severity, summary } = member
          const env = member.labels.env ?? ''
          return {
            incident: incident.id,
            labels,
            summary,
            severity,
            startsAt: member.startedAt,
            subject: { slo: slo || member.alert, service, dependency, env },
            runbook: member.details?.runbook ?? '',
          }
        }),
    )
}

/** Who keeps an alert from being told at an instant. */
export interface Muting {
  silences: readonly Silence[]
  maintenance: MaintenanceWindow | null
}

export function mutedBy(
  { labels, subject }: Pick<FiringAlert, 'labels' | 'subject'>,
  overlays: { silences: readonly Silence[]; maintenance: readonly MaintenanceWindow[] },
  at: Date,
): Muting {
  const silences = overlays.silences.filter(
    (silence) => silenceState(silence, at) === 'active' && matchesAll(silence.matchers, labels),
  )
  return { silences, maintenance: inMaintenance(overlays.maintenance, subject, at) }
}

/** Alertmanager's identity of a label set. */
export const fingerprintOf = ({ labels }: Pick<FiringAlert, 'labels'>): string => labelFingerprint(labels)
