import type { PastMinute } from '../slo/exhaustion.ts'
import type { Incident } from '../slo/incident.ts'
import type { Slo } from '../slo/model.ts'
import type { Reading } from '../slo/reading.ts'
import { type FiringAlert, type SloStatus, statusOf, statusOfRefused } from '../slo/status.ts'
import { windowEnd } from '../slo/window.ts'
import { readFreshness } from '../storage/freshness.ts'
import { listIncidents } from '../storage/incidents.ts'
import type { Db } from '../storage/query.ts'
import { readHistory, readReadings } from '../storage/readings.ts'
import { readDefinitions, type StoredDefinition } from '../storage/slo-definitions.ts'
import { byUrgency } from './urgency.ts'

/** Everything about all SLOs at one instant: one round of reads, however many there are. */
export interface SloBoard {
  at: Date
  watermark: Date | null
  /** Most urgent first. */
  slos: SloEntry[]
  openIncidents: Incident[]
}

export interface SloEntry {
  definition: StoredDefinition
  /** Null for a definition that was refused and has no earlier version in force. */
  reading: Reading | null
  status: SloStatus
}

const ALL_OPEN = 10_000
const MINUTE_MS = 60_000

/** Reads definitions, readings and open incidents, and judges every SLO. */
export async function readBoard(db: Db, now: Date): Promise<SloBoard> {
  const [definitions, openIncidents, { watermark }] = await Promise.all([
    readDefinitions(db),
    listIncidents(db, { state: 'open', limit: ALL_OPEN }),
    readFreshness(db),
  ])
  const inForce = definitions.map(({ slo }) => slo).filter((slo): slo is Slo => slo !== null)
  const readings = new Map((await readReadings(db, inForce, now)).map((reading) => [reading.slo.name, reading]))
  const incidentsOf = Map.groupBy(openIncidents, ({ slo }) => slo)
  const slos = definitions.map((definition): SloEntry => {
    const reading = readings.get(definition.name) ?? null
    const alert = firingOf(incidentsOf.get(definition.name) ?? [])
    return { definition, reading, status: judge(definition, reading, alert, now) }
  })
  return { at: now, watermark, openIncidents, slos: slos.sort((a, b) => byUrgency(a.status, b.status)) }
}

function judge(
  definition: StoredDefinition,
  reading: Reading | null,
  alert: FiringAlert | null,
  now: Date,
  minutes?: PastMinute[],
): SloStatus {
  if (reading === null) return statusOfRefused(definition.name)
  return statusOf(reading, alert, { now, refused: definition.state === 'invalid', ...(minutes && { minutes }) })
}

/** Time to exhaustion is told to one part in so many of the SLO window. */
const FORECAST_STEPS = 4_320

/** The status of one SLO with the exact time to exhaustion, which needs its minutes; lists tell an estimate. */
export async function judgeExactly(db: Db, { at, openIncidents }: SloBoard, entry: SloEntry): Promise<SloStatus> {
  const { definition, reading } = entry
  if (reading === null || entry.status.budget.remaining === null) return entry.status
  const end = windowEnd(reading.watermark ?? at)
  const windowMinutes = reading.slo.objective.window.minutes
  const from = new Date(end.getTime() - windowMinutes * MINUTE_MS)
  const stepMinutes = Math.ceil(windowMinutes / FORECAST_STEPS)
  const rows = await readHistory(db, reading.slo, { from, to: end, stepMinutes })
  const minutes = rows.map(({ minute, good, total }) => ({
    good,
    total,
    minutesAgo: Math.min(windowMinutes, (end.getTime() - minute.getTime()) / MINUTE_MS),
  }))
  return judge(definition, reading, firingOf(openIncidents.filter(({ slo }) => slo === definition.name)), at, minutes)
}

/** What fires for an SLO, of its open incidents: a page before a ticket, then what began first. */
export function firingOf(open: readonly Incident[]): FiringAlert | null {
  const [worst] = open.toSorted(
    (a, b) =>
      Number(b.severity === 'page') - Number(a.severity === 'page') || a.startedAt.getTime() - b.startedAt.getTime(),
  )
  return worst ? { severity: worst.severity, since: worst.startedAt, incident: worst.id } : null
}
