import { withMetaRoute } from '../evaluator/deliver/meta-route.ts'
import { loadConfig } from '../runtime/config.ts'
import type { Config } from '../runtime/config-schema.ts'
import type { Severity, Slo } from '../slo/model.ts'
import { subjectOf } from '../slo/overlay/maintenance.ts'
import type { Labels } from '../slo/overlay/matchers.ts'
import { quietUntil } from '../slo/overlay/quiet-hours.ts'
import { type Route, routeFor } from '../slo/overlay/route.ts'
import { loadSloDir } from '../storage/slo-files.ts'
import { CommandError } from './command-error.ts'

interface Options {
  labels?: string
  slo?: string
  at?: string
  config?: string
  json?: boolean
}

/** Where alerts of one severity would go, and why. */
export interface RouteAnswer {
  labels: Labels
  /** The routes that matched, outermost first; empty: none. */
  matched: readonly { at: string; matchers: string }[]
  endpoints: readonly { name: string; fallback: string | null }[]
  /** Whether the SLO's author named the endpoints. */
  namedBySlo: boolean
  /** Names the author gave that no endpoint has. */
  unknownTargets: readonly string[]
  groupWaitMs: number
  repeatMs: number
  escalation: readonly { afterMs: number; endpoints: readonly string[] }[]
  quietHours: Route['quietHours']
  /** Until when a ticket raised at the asked instant would wait; null: not at all. */
  quietUntil: Date | null
}

const SEVERITIES: readonly Severity[] = ['page', 'ticket']

/** Reminders are told by routes that ask for `info`. */
const KNOWN_SEVERITIES: readonly string[] = [...SEVERITIES, 'info']

/** `plumbline route`: a dry run of the routes; nothing is sent and no store is needed. Exit code 1 when nobody is told. */
export async function runRoute({ labels = '', slo, at, config: path, json }: Options): Promise<void> {
  const config = loadConfig({ path, env: process.env })
  const given = labelsFrom(labels)
  const { severity: said } = given
  if (said !== undefined && !KNOWN_SEVERITIES.includes(said))
    throw new CommandError(`--labels: severity is ${KNOWN_SEVERITIES.join(', ')}, not ${JSON.stringify(said)}`, 2)
  const now = at === undefined ? new Date() : new Date(at)
  if (Number.isNaN(now.getTime())) throw new CommandError(`--at ${at} is no time; say 2026-01-31T20:00:00Z`, 2)
  const definition = slo === undefined ? null : await sloNamed(config, slo)
  const severities = given.severity === undefined ? SEVERITIES : [given.severity]
  const answers = severities.map((severity) =>
    routeAnswer(config, { ...(definition && labelsOf(definition)), ...given, severity }, definition, now),
  )
  console.log(json ? JSON.stringify({ routes: answers }) : answers.map(routeText).join('\n\n'))
  if (answers.every(({ endpoints }) => endpoints.length === 0)) process.exitCode = 1
}

/** `severity=page,service="check,out"` → labels. */
export function labelsFrom(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  let rest = text.trim()
  while (rest !== '') {
    const [whole = '', name, quoted, plain] =
      /^([a-zA-Z_][\w.-]*)=(?:"((?:[^"\\]|\\.)*)"|([^",]*))\s*(?:,\s*|$)/.exec(rest) ?? []
    if (name === undefined)
      throw new CommandError(`--labels: expected name=value, separated by commas, at ${JSON.stringify(rest)}`, 2)
    if (Object.hasOwn(labels, name)) throw new CommandError(`--labels: ${name} stands twice`, 2)
    labels[name] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? ''
    rest = rest.slice(whole.length)
  }
  return labels
}

async function sloNamed(config: Config, name: string): Promise<Slo> {
  const slos = (await loadSloDir(config.sloDir)).slos.flatMap(({ slo }) => slo ?? [])
  const found = slos.find((slo) => slo.name === name)
  if (found) return found
  const known = slos.map((slo) => slo.name)
  throw new CommandError(`there is no SLO ${name} in ${config.sloDir}; there are ${known.join(', ') || 'none'}`)
}

const labelsOf = (slo: Slo): Labels => ({
  ...slo.labels,
  alertname: 'SLOBurnRate',
  ...subjectOf(slo),
  owner: slo.owner,
})

/** The decision the evaluator would make, with what it is made from. */
export function routeAnswer(config: Config, labels: Labels, slo: Pick<Slo, 'policies'> | null, at: Date): RouteAnswer {
  const targets = slo?.policies?.endpoints ?? []
  const known = new Map(config.endpoints.map((endpoint) => [endpoint.name, endpoint]))
  const route = routeFor(
    withMetaRoute(config.routes, config.alerting.meta.endpoints),
    labels,
    targets.filter((name) => known.has(name)),
  )
  const severity: Severity = labels.severity === 'page' ? 'page' : 'ticket'
  return {
    labels,
    matched: route.path,
    endpoints: route.endpoints.map((name) => ({ name, fallback: known.get(name)?.fallback ?? null })),
    namedBySlo: route.named,
    unknownTargets: targets.filter((name) => !known.has(name)),
    groupWaitMs: route.groupWaitMs ?? config.alerting.groupWait[severity],
    repeatMs: route.repeatMs ?? config.alerting.repeat[severity],
    escalation: route.escalation,
    quietHours: route.quietHours,
    quietUntil: route.quietHours && quietUntil(route.quietHours, at),
  }
}

/** The same in words. */
export function routeText(answer: RouteAnswer): string {
  const names = answer.endpoints.map(({ name, fallback }) => (fallback ? `${name} (fallback ${fallback})` : name))
  const labels = Object.entries(answer.labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const lines = [labels.join(' ') || '(no labels)', `  told:       ${names.join(', ') || 'nobody'}`]
  for (const [index, { at, matchers }] of answer.matched.entries())
    lines.push(`${index === 0 ? '  matched:    ' : '            → '}${at} (${matchers || 'every alert'})`)
  if (answer.matched.length === 0) lines.push('  matched:    no route')
  if (answer.namedBySlo) lines.push('  endpoints:  named by the SLO, in place of the route’s')
  if (answer.unknownTargets.length > 0)
    lines.push(
      `  unknown:    ${answer.unknownTargets.join(', ')}: named by the SLO, but no endpoint; the route decides`,
    )
  if (names.length === 0) return lines.join('\n')
  lines.push(`  group wait: ${durationText(answer.groupWaitMs)}, repeat every ${durationText(answer.repeatMs)}`)
  for (const { afterMs, endpoints } of answer.escalation)
    lines.push(`  escalation: after ${durationText(afterMs)} without acknowledgement → ${endpoints.join(', ')}`)
  if (answer.quietHours) {
    const { hours, days, timeZone } = answer.quietHours
    const spans = [...hours.map(({ fromMinute, toMinute }) => `${clock(fromMinute)}-${clock(toMinute)}`), ...days]
    const until = answer.quietUntil ? `; now it would wait until ${answer.quietUntil.toISOString()}` : ''
    lines.push(`  quiet:      ${spans.join(', ')} in ${timeZone}${until}`)
  }
  return lines.join('\n')
}

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

const UNITS: [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
]

function durationText(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms >= size && ms % size === 0) ?? ['ms', 1]
  return ms === 0 ? '0 s' : `${ms / size} ${unit}`
}
