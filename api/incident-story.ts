import { z } from 'zod'
import type { TierVerdict } from '../slo/alert/alert-verdict.ts'
import { type FiringAlert, firingAlerts, mutedBy } from '../slo/alert/firing-alerts.ts'
import type { Incident } from '../slo/alert/incident.ts'
import {
  type Acknowledgement,
  acknowledgementOf,
  assigneeOf,
  type IncidentAction,
} from '../slo/alert/incident-action.ts'
import { type AlertEvent, type JournalEntry, journalOf, readJournal } from '../storage/alert-events.ts'
import { readIncidentActions } from '../storage/incident-actions.ts'
import { type Overlays, readOverlays } from '../storage/overlays.ts'
import type { Db } from '../storage/query.ts'
import { type incidentDetailSchema, storySchema, type timelineSchema } from './incident-shapes.ts'
import { maintenanceAnswer } from './maintenance-windows.ts'
import { silenceAnswer } from './silences.ts'

type Detail = z.output<typeof incidentDetailSchema>
type Story = Pick<
  Detail,
  | keyof z.output<typeof storySchema>
  | 'acknowledgement'
  | 'assignee'
  | 'members'
  | 'silences'
  | 'maintenance'
  | 'timeline'
>
type TimelineEntry = z.output<typeof timelineSchema>

const TIMELINE_ENTRIES = 200

/** Everything about one incident beyond its row: its members, what is behind it, who was told and not, and what people did. */
export async function readStory(db: Db, incident: Incident, now: Date): Promise<Story> {
  const [events, actions, overlays] = await Promise.all([
    readJournal(db, incident.id),
    readIncidentActions(db, incident.id),
    readOverlays(db, now),
  ])
  const found = foundOut(events)
  return {
    ...found,
    ...peopleOf(actions, now),
    ...mutingOf(firingAlerts([incident]), overlays, now),
    members: incident.members.map((member) => ({
      alert: member.alert,
      alertname: member.alertname,
      slo: member.slo,
      service: member.service,
      dependency: member.dependency,
      severity: member.severity,
      startedAt: member.startedAt.toISOString(),
      endedAt: member.endedAt?.toISOString() ?? null,
      summary: member.summary,
      mutedBy: member.mutedBy,
    })),
    timeline: timelineOf(events, actions, found.deployments),
  }
}

/** The acknowledgement in force, and who it is assigned to. */
export function peopleOf(actions: readonly IncidentAction[], now: Date): Pick<Detail, 'acknowledgement' | 'assignee'> {
  return { acknowledgement: acknowledgementAt(acknowledgementOf(actions), now), assignee: assigneeOf(actions) }
}

/** An acknowledgement as every route answers it; null when there is none or it is over. */
export const acknowledgementAt = (found: Acknowledgement | null, now: Date): Detail['acknowledgement'] =>
  found === null || found.until <= now
    ? null
    : { by: found.by, at: found.at.toISOString(), until: found.until.toISOString() }

type Decided = Pick<JournalEntry, 'sequence' | 'lead' | 'watermark' | 'coverage' | 'generation' | 'overlays'>

const NOTHING_FOUND: z.output<typeof storySchema> = {
  answers: null,
  impact: [],
  root: null,
  exemplars: [],
  deployments: [],
}

const journaled = z.object({ facts: storySchema })

/** What the last change of the incident knew; nothing where the journal has another form. */
function foundOut(events: readonly AlertEvent[]): z.output<typeof storySchema> {
  const last = events.findLast(({ kind }) => kind === 'incident')
  const parsed = last && journaled.safeParse(JSON.parse(last.evidence))
  return parsed?.success ? parsed.data.facts : NOTHING_FOUND
}

function mutingOf(
  alerts: readonly FiringAlert[],
  overlays: Overlays,
  now: Date,
): Pick<Detail, 'silences' | 'maintenance'> {
  const muting = alerts.map((alert) => mutedBy(alert, overlays, now))
  const silences = new Set(muting.flatMap((each) => each.silences.map(({ id }) => id)))
  const windows = new Set(muting.map(({ maintenance }) => maintenance?.id))
  return {
    silences: overlays.silences.filter(({ id }) => silences.has(id)).map((silence) => silenceAnswer(silence, now)),
    maintenance: overlays.maintenance
      .filter(({ id }) => windows.has(id))
      .map((window) => maintenanceAnswer(window, now)),
  }
}

function decisionOf({ sequence, lead, watermark, coverage, generation, overlays }: Decided): TimelineEntry['decision'] {
  const window = ({ counts, burn }: TierVerdict['long']) => ({ ...counts, burn })
  return {
    sequence,
    tier: lead?.tier ?? null,
    factor: lead?.factor ?? null,
    long: lead ? window(lead.long) : null,
    short: lead ? window(lead.short) : null,
    watermark: watermark.toISOString(),
    coverage,
    generation,
    overlays,
  }
}

function timelineOf(
  events: readonly AlertEvent[],
  actions: readonly IncidentAction[],
  deployments: Detail['deployments'],
): TimelineEntry[] {
  const told = withoutRepeats(
    journalOf(events).map(({ at, event, reason, endpoint, severity, ...rest }) => ({
      at: at.toISOString(),
      kind: event === null ? 'withheld' : 'told',
      reason,
      endpoint,
      author: '',
      text: event === null ? '' : `${event}${severity ? ` ${severity}` : ''}`,
      decision: decisionOf(rest),
    })),
  )
  const did = actions.map(
    ({ at, action, author, text }): TimelineEntry => ({
      at: at.toISOString(),
      kind: 'action',
      reason: action,
      endpoint: '',
      author,
      text,
    }),
  )
  const deployed = deployments.map(
    ({ at, service, version, previousVersion }): TimelineEntry => ({
      at,
      kind: 'deployment',
      reason: 'deployed',
      endpoint: '',
      author: '',
      text: `${service} ${version}${previousVersion === '' ? '' : ` (was ${previousVersion})`}`,
    }),
  )
  return [...deployed, ...told, ...did]
    .sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)))
    .slice(-TIMELINE_ENTRIES)
}

/** An endpoint that is not told for the same reason as before is no news. */
function withoutRepeats(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const last = new Map<string, string>()
  return entries.filter(({ kind, endpoint, reason }) => {
    const isRepeat = kind === 'withheld' && last.get(endpoint) === reason
    last.set(endpoint, kind === 'withheld' ? reason : '')
    return !isRepeat
  })
}
