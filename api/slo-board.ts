import type { Incident } from '../slo/alert/incident.ts'
import type { PastMinute } from '../slo/budget/exhaustion.ts'
import type { Slo } from '../slo/model.ts'
import type { Problem } from '../slo/problem.ts'
import type { Reading } from '../slo/reading.ts'
import { type FiringAlert, type SloStatus, statusOf, statusOfRefused } from '../slo/status.ts'
import { readFreshness } from '../storage/freshness.ts'
import { listIncidents } from '../storage/incidents.ts'
import type { Progress } from '../storage/indicator-progress.ts'
import { latestReadings, readStored } from '../storage/latest-readings.ts'
import type { Db } from '../storage/query.ts'
import { readDefinitions, type StoredDefinition } from '../storage/slo-definitions.ts'
import { readPast } from '../storage/slo-past.ts'
import {
  backfillOf,
  measuredShareOf,
  type SloWarning,
  unfinishedByKey,
  warningsByKey,
  warningsOf,
} from './slo-measuring.ts'
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
  /** What looks broken about its SLI. */
  warnings: readonly SloWarning[]
  /** Share of its history that is measured; null when it is complete. */
  measuredShare: number | null
}

const ALL_OPEN = 10_000
const MINUTE_MS = 60_000

/** Reads definitions, readings and open incidents, and judges every SLO. */
export async function readBoard(db: Db, now: Date): Promise<SloBoard> {
  const [definitions, stored, openIncidents, { watermark }, warnings, unfinished] = await Promise.all([
    readDefinitions(db),
    readStored(db),
    listIncidents(db, { state: 'open', limit: ALL_OPEN }),
    readFreshness(db),
    warningsByKey(db),
    unfinishedByKey(db),
  ])
  const readings = await latestReadings(db, definitions, stored, now)
  const alertsOf = Map.groupBy(openIncidents.flatMap(alertsIn), ({ slo }) => slo)
  const slos = definitions.map((definition): SloEntry => {
    const reading = asMeasured(readings.get(definition.name) ?? null, unfinished)
    const alert = worstOf(alertsOf.get(definition.name) ?? [])
    return {
      definition,
      reading,
      status: judge(definition, reading, alert, now),
      warnings: definition.slo ? warningsOf(definition.slo, warnings, reading) : [],
      measuredShare: definition.slo && measuredShareOf(definition.slo, unfinished),
    }
  })
  return { at: now, watermark, openIncidents, slos: slos.sort((a, b) => byUrgency(a.status, b.status)) }
}

/** A new definition that has no numbers yet, because nothing was evaluated since, is being measured. */
function asMeasured(reading: Reading | null, unfinished: ReadonlyMap<string, Progress>): Reading | null {
  if (reading === null || reading.backfill || reading.period.counts.total > 0) return reading
  const backfill = backfillOf(reading.slo, unfinished)
  return backfill ? { ...reading, backfill } : reading
}

function judge(
  definition: StoredDefinition,
  reading: Reading | null,
  alert: FiringAlert | null,
  now: Date,
  minutes?: PastMinute[],
): SloStatus {
  const [problem] = definition.problems.filter(({ severity }) => severity === 'error').map(refusalText)
  if (reading === null) return statusOfRefused(definition.name, problem)
  return statusOf(reading, alert, {
    now,
    refused: definition.state === 'invalid',
    ...(problem !== undefined && { refusedBecause: problem }),
    ...(minutes && { minutes }),
  })
}

const refusalText = ({ file, line, path, message }: Problem): string =>
  `its newest definition was refused: ${file}:${line}: ${path === '' ? '' : `${path} `}${message}`

/** Time to exhaustion is told to one part in so many of the SLO window. */
const FORECAST_STEPS = 4_320

/** The status of one SLO with the exact time to exhaustion, which needs its past; lists tell an estimate. */
export async function judgeExactly(db: Db, { at, openIncidents }: SloBoard, entry: SloEntry): Promise<SloStatus> {
  const { definition, reading } = entry
  if (reading === null || entry.status.budget.remaining === null || !hasForecast(reading.slo)) return entry.status
  const { window, slice } = reading.slo.objective
  const { period } = reading
  const grid = slice?.minutes ?? 1
  const resolutionMinutes = Math.ceil(window.minutes / FORECAST_STEPS / grid) * grid
  const { source } = await readPast(db, reading.slo, { from: period.from, to: period.to, resolutionMinutes }, at)
  const minutes: PastMinute[] = []
  for (let ms = period.from.getTime(); ms < period.to.getTime(); ms += resolutionMinutes * MINUTE_MS) {
    const { units } = source({ from: new Date(ms), to: new Date(ms + resolutionMinutes * MINUTE_MS) })
    if (units.total > 0) minutes.push({ ...units, minutesAgo: (period.to.getTime() - ms) / MINUTE_MS })
  }
  return judge(definition, reading, firingOf(openIncidents, definition.name), at, minutes)
}

/** A calendar period needs no past for it, and what averages SLIs is no sum of its past. */
const hasForecast = ({ objective, indicator }: Slo): boolean =>
  objective.window.kind === 'rolling' && (indicator.source !== 'composite' || indicator.method === 'pooled')

/** What fires for an SLO, in whichever incident: a page before a ticket, then what began first. */
export const firingOf = (open: readonly Incident[], slo: string): FiringAlert | null =>
  worstOf(open.flatMap(alertsIn).filter((alert) => alert.slo === slo))

type SloAlert = FiringAlert & { slo: string }

/** An incident of before there were members is one of its SLO. */
function alertsIn({ id, slo, severity, startedAt, members }: Incident): SloAlert[] {
  if (members.length === 0) return [{ slo, severity, since: startedAt, incident: id }]
  return members
    .filter((member) => member.slo !== '' && member.endedAt === null)
    .map((member) => ({ slo: member.slo, severity: member.severity, since: member.startedAt, incident: id }))
}

function worstOf(alerts: readonly SloAlert[]): FiringAlert | null {
  const [worst] = alerts.toSorted(
    (a, b) => Number(b.severity === 'page') - Number(a.severity === 'page') || a.since.getTime() - b.since.getTime(),
  )
  return worst ? { severity: worst.severity, since: worst.since, incident: worst.incident } : null
}
