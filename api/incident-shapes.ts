import { z } from '@hono/zod-openapi'
import { INCIDENT_ACTIONS } from '../slo/alert/incident-action.ts'
import { sloStatusSchema } from '../slo/status.ts'
import { maintenanceSchema } from './maintenance-windows.ts'
import { silenceSchema } from './silences.ts'

const detailsSchema = z.object({
  tier: z.string().meta({ description: 'The alert tier that governs, long window / short window' }),
  governingWindow: z.string().meta({ description: 'The window counts and burn come from' }),
  burn: z.number(),
  factor: z.number(),
  counts: z.object({ good: z.number(), total: z.number() }),
  seen: z.object({ good: z.number(), bad: z.number() }).optional().meta({
    description: 'Events really received, of which counts are the weighted sum; absent where nothing is sampled',
  }),
  burnRates: z.record(z.string(), z.number().nullable()),
  budgetRemaining: z.number().nullable(),
  suspect: z
    .object({ dependency: z.string(), outcome: z.string(), bad: z.number(), share: z.number() })
    .nullable()
    .meta({ description: 'The dependency behind most bad calls' }),
  exemplars: z.array(z.string()).meta({ description: 'Trace ids of failing calls, newest first' }),
  runbook: z.string(),
  owner: z.string(),
})

const severity = z.enum(['page', 'ticket'])

const acknowledgementSchema = z.object({ by: z.string(), at: z.iso.datetime(), until: z.iso.datetime() })

const acknowledgement = acknowledgementSchema
  .nullable()
  .meta({ description: 'Who took it on; null when nobody did or it is over' })

const peopleShape = {
  acknowledgement,
  assignee: z.string().meta({ description: 'Empty: nobody' }),
}

export const incidentSchema = z
  .object({
    id: z.string(),
    state: z.enum(['open', 'resolved']),
    severity,
    slo: z.string(),
    service: z.string(),
    startedAt: z.iso.datetime(),
    resolvedAt: z.iso.datetime().nullable(),
    title: z.string(),
    rootCause: z.string().meta({ description: '`dependency:<name>/<outcome>`; empty while unknown' }),
    details: detailsSchema
      .nullable()
      .meta({ description: 'As it was when the incident last changed; null when no SLO burns in it' }),
    acknowledgement,
    freshness: z.object({ watermark: z.iso.datetime().nullable() }).meta({ description: 'Of the store now' }),
    generation: z.string().meta({ description: "Of the SLO's definition now; empty when the SLO is gone" }),
  })
  .meta({ id: 'Incident' })

const memberSchema = z.object({
  alert: z.string(),
  alertname: z.string(),
  slo: z.string(),
  service: z.string(),
  dependency: z.string(),
  severity,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  summary: z.string(),
  mutedBy: z.string().nullable().meta({ description: 'Why nobody is told of it: silenced, maintenance, …' }),
})

const rootSchema = z.object({
  origin: z
    .string()
    .meta({ description: '`dependency:<name>/<outcome>`, `service:…`, `link:…`; empty when none stands out' }),
  share: z.number(),
  traced: z.number().meta({ description: 'Bad traces looked at' }),
  tracedShare: z.number(),
  confidence: z.enum(['low', 'medium', 'high']).nullable(),
  top: z.array(z.object({ origin: z.string(), share: z.number() })),
})

/** What was looked up about an incident, as the evaluator journaled it. */
const answersSchema = z.object({
  forWhom: z.string(),
  howBad: z.string(),
  burn: z.string().meta({ description: 'Empty for alerts about no SLO' }),
  budgetLeft: z.string(),
  cause: z.string().meta({ description: 'What speaks for the cause; empty where the alert is its own' }),
  whoCanFix: z.string(),
  firstStep: z.string(),
})

export const storySchema = z.object({
  answers: answersSchema.nullable().default(null).meta({
    description: 'What messages say of the leading alert, as they said it last; null for incidents of earlier versions',
  }),
  impact: z.array(z.string()).meta({ description: 'Services that suffer from the same failure, most affected first' }),
  root: rootSchema.nullable().meta({ description: 'How sure the root cause is; null where it was not measured' }),
  exemplars: z.array(
    z.object({
      traceId: z.string(),
      shows: z.enum(['first', 'median', 'slowest']),
      service: z.string(),
      at: z.iso.datetime(),
      durationMs: z.number(),
    }),
  ),
  deployments: z
    .array(z.object({ service: z.string(), version: z.string(), previousVersion: z.string(), at: z.iso.datetime() }))
    .meta({ description: 'Of involved services shortly before: named, not blamed' }),
})

const windowSchema = z.object({ good: z.number(), total: z.number(), burn: z.number().nullable() })

export const timelineSchema = z.object({
  at: z.iso.datetime(),
  kind: z.enum(['told', 'withheld', 'action', 'deployment']),
  reason: z.string().meta({ description: 'Why somebody was told or not, or what somebody did; docs/alerting.md' }),
  endpoint: z.string(),
  author: z.string(),
  text: z.string(),
  decision: z
    .object({
      sequence: z.number(),
      tier: z.string().nullable().meta({ description: 'The tier that led; null when no SLO burned' }),
      factor: z.number().nullable(),
      long: windowSchema.nullable(),
      short: windowSchema.nullable(),
      watermark: z.iso.datetime(),
      coverage: z.number(),
      generation: z.string(),
      overlays: z
        .array(z.string())
        .meta({ description: 'Ids of silences and maintenance windows that muted an alert' }),
    })
    .optional()
    .meta({ description: 'What it was decided from; only of told and withheld' }),
})

export const incidentDetailSchema = incidentSchema
  .extend({
    ...storySchema.shape,
    ...peopleShape,
    members: z.array(memberSchema).meta({ description: 'Every alert it has or had, the most urgent first' }),
    silences: z.array(silenceSchema).meta({ description: 'Which mute some of its alerts now' }),
    maintenance: z.array(maintenanceSchema).meta({ description: 'Which mutes some of its alerts now' }),
    timeline: z.array(timelineSchema).meta({ description: 'Oldest first; the last 200 entries' }),
    current: sloStatusSchema.nullable().meta({ description: 'Status of the SLO now; null when it is gone' }),
  })
  .meta({ id: 'IncidentDetail' })

export const incidentPeopleSchema = z
  .object({
    ...peopleShape,
    incident: z.string(),
    actions: z.array(
      z.object({
        at: z.iso.datetime(),
        action: z.enum(INCIDENT_ACTIONS),
        author: z.string(),
        text: z.string(),
        until: z.iso.datetime().nullable(),
      }),
    ),
  })
  .meta({ id: 'IncidentPeople', description: 'What people did about an incident' })
