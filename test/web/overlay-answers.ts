import type {
  Incident,
  IncidentDetail,
  MaintenanceWindow,
  Silence,
  SloStatus,
} from '../../dashboards/web/api-shapes.ts'
import { minutesAgo, NOW, TRACE_ID } from './answers.ts'

const inMinutes = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString()

/** What the API knows of one incident beyond its row: one alert, a measured root, one endpoint told and one not. */
export const detailOfIncident = (
  incident: Incident,
  current: SloStatus | null,
  change: Partial<IncidentDetail> = {},
): IncidentDetail => ({
  ...incident,
  current,
  acknowledgement: null,
  assignee: '',
  answers: null,
  impact: ['checkout', 'cart'],
  root:
    incident.rootCause === ''
      ? null
      : {
          origin: incident.rootCause,
          share: 0.82,
          traced: 400,
          tracedShare: 0.5,
          confidence: 'high',
          top: [
            { origin: incident.rootCause, share: 0.82 },
            { origin: 'dependency:ledger/server_error', share: 0.09 },
          ],
        },
  exemplars: [{ traceId: TRACE_ID, shows: 'first', service: 'checkout', at: minutesAgo(39), durationMs: 2_000 }],
  deployments: [],
  members: [member(incident, incident.slo), member(incident, 'cart-payments', 'cart')],
  silences: [],
  maintenance: [],
  timeline: [
    told(45, 'deployment', 'deployed', '', 'checkout 1.5.0 (was 1.4.2)'),
    told(39, 'told', 'first', 'pager', 'firing page'),
    told(39, 'withheld', 'absorbed_by_page', 'desk'),
  ],
  ...change,
})

const member = (incident: Incident, slo: string, service = incident.service): IncidentDetail['members'][number] => ({
  alert: slo,
  alertname: 'SLOBurnRate',
  slo,
  service,
  dependency: '',
  severity: incident.severity,
  startedAt: incident.startedAt,
  endedAt: null,
  summary: `${slo} burns 633x`,
  mutedBy: null,
})

type Entry = IncidentDetail['timeline'][number]

export const told = (
  minute: number,
  kind: Entry['kind'],
  reason: string,
  endpoint = '',
  text = '',
  author = '',
): Entry => ({
  at: minutesAgo(minute),
  kind,
  reason,
  endpoint,
  author,
  text,
})

export const silence = (id: string, change: Partial<Silence> = {}): Silence => ({
  id,
  state: 'active',
  matchers: [{ name: 'service', op: '=', value: 'cart' }],
  text: 'service="cart"',
  startsAt: minutesAgo(30),
  endsAt: inMinutes(210),
  createdBy: 'ada',
  createdAt: minutesAgo(30),
  comment: 'waits for the new client',
  source: 'api',
  ...change,
})

export const maintenance = (id: string, change: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  id,
  state: 'planned',
  scope: { services: [], slos: [], dependencies: ['acme-pay'], environments: ['prod'] },
  schedule: {
    rrule: 'DTSTART;TZID=Europe/Berlin:20260104T020000\nRRULE:FREQ=WEEKLY;BYDAY=SU',
    durationMinutes: 120,
  },
  next: [1, 2, 3].map((n) => ({ from: inMinutes(n * 10_080), to: inMinutes(n * 10_080 + 120) })),
  suppress: true,
  excludeFromBudget: true,
  reason: 'weekly upgrade',
  createdBy: 'bob',
  createdAt: minutesAgo(5_000),
  endedAt: null,
  reviewAt: null,
  source: 'overlays.yaml',
  warnings: [],
  ...change,
})
