import type { Severity } from '../model.ts'
import { incidentId } from './alert-incident-id.ts'
import type { AlertPolicy } from './alert-policy.ts'
import type { MuteReason } from './alert-stream.ts'
import { isSameEnvironment } from './environment.ts'
import type { AlertName } from './incident.ts'
import { isGuessed } from './root-cause.ts'

/** What an alert is about; the same from its first evaluation to its last. */
export interface AlertSubject {
  /** Unique: see `Member.alert`. */
  alert: string
  /** Alerts with the same one are one incident where no root cause is known; mostly the alert's own id. */
  group: string
  /** The alert that says it as well: while that one fires, this one belongs to its incident and is no news in it. */
  under?: string
  alertname: AlertName
  slo: string
  service: string
  dependency: string
  env: string
  owner: string
  runbook: string
  /** Identity beyond severity and root cause. */
  labels: Readonly<Record<string, string>>
}

/** An alert that fires, as grouping sees it. */
export interface FiringNow {
  subject: AlertSubject
  severity: Severity
  startedAtMs: number
  /** The measured root cause it has by itself, '' without one. */
  root: string
  muted: MuteReason | null
  /** Its condition has cleared, and it is only kept open. */
  cleared: boolean
  previousIncident: string | null
  /** Somebody was told of it by an incident of its own, which goes on while what it is under fires. */
  toldAlone?: boolean
}

export interface MemberState {
  subject: AlertSubject
  severity: Severity
  startedAtMs: number
  /** Wall clock; null while it fires and belongs here. */
  endedAtMs: number | null
  /** Since when another cause than the incident's is measured for it, wall clock; null while none is. */
  strayedSinceMs: number | null
  /** Fires in a younger incident with the same root, for which this one speaks. */
  adoptedFrom: string
}

/** Which alerts are one incident: plain JSON. */
export interface Group {
  id: string
  env: string
  /** What its alerts have in common, pinned when it starts: a root cause, or the group of its alerts. */
  key: string
  /** '' while unknown; found later it is adopted. A measured one never changes, a guess gives way to it. */
  root: string
  startedAtMs: number
  previousIncident: string | null
  members: Record<string, MemberState>
  /** The older incident with the same root that speaks for it; '' while it speaks for itself. */
  mergedInto: string
}

export interface Grouped {
  group: Group
  /** Alerts that are news in it: neither moved from another incident nor known from before. */
  joined: string[]
  /** Incidents from which members came that moved, by alert. */
  movedFrom: Record<string, string>
  isNew: boolean
}

/**
 * Which incident each firing alert belongs to. Works on what is, not on what changed, so that whatever a crash cut off is
 * put right by the next evaluation. Alerts with the same environment and root cause are one incident; without a root cause
 * those of one group are.
 */
export function group(open: readonly Group[], firing: readonly FiringNow[], now: Date, policy: AlertPolicy): Grouped[] {
  const alerts = new Map(firing.map((alert) => [alert.subject.alert, alert]))
  const grouped = open.map(
    (before): Grouped => ({
      group: { ...before, members: followed(before.members, alerts, now) },
      joined: [],
      movedFrom: {},
      isNew: false,
    }),
  )
  for (const each of grouped) adoptRoot(each.group, alerts)
  for (const each of grouped) markStrays(each.group, alerts, now)
  const moved = takeStrays(grouped, now, policy)
  for (const each of grouped) releaseUnder(each.group, alerts, now)
  const placed = new Set(grouped.flatMap(({ group: { members } }) => activeIds(members)))
  // What is under another alert goes where that one is: last.
  for (const alert of firing.toSorted((a, b) => Number(isUnder(a, alerts)) - Number(isUnder(b, alerts)))) {
    const id = alert.subject.alert
    if (placed.has(id)) continue
    const above = isUnder(alert, alerts) ? grouped.find(({ group }) => isIn(group, alert.subject.under)) : undefined
    const home = above ?? homeOf(alert, grouped) ?? begin(alert, grouped)
    const from = moved.get(id)
    if (from) home.movedFrom[id] = from
    else if (!above && !(id in home.group.members)) home.joined.push(id)
    home.group.members[id] = memberOf(alert)
  }
  linkSameRoots(grouped)
  adoptMembers(grouped)
  return grouped
}

const activeIds = (members: Group['members']): string[] =>
  Object.keys(members).filter((id) => members[id]?.endedAtMs === null && members[id]?.adoptedFrom === '')

const memberOf = ({ subject, severity, startedAtMs }: FiringNow): MemberState => ({
  subject,
  severity,
  startedAtMs,
  endedAtMs: null,
  strayedSinceMs: null,
  adoptedFrom: '',
})

/** Members as their alerts are now: severities follow, those that no longer fire have ended. */
function followed(members: Group['members'], alerts: ReadonlyMap<string, FiringNow>, now: Date): Group['members'] {
  const next: Group['members'] = {}
  for (const [id, member] of Object.entries(members)) {
    const alert = alerts.get(id)
    if (member.endedAtMs !== null) next[id] = member
    else if (alert) next[id] = { ...member, severity: alert.severity }
    else next[id] = { ...member, endedAtMs: now.getTime(), strayedSinceMs: null }
  }
  return next
}

/** A root that was not known at the start, or only guessed, is taken over once one of the members has it. */
function adoptRoot(group: Group, alerts: ReadonlyMap<string, FiringNow>): void {
  if (group.root !== '' && !isGuessed(group.root)) return
  const roots = activeIds(group.members)
    .map((id) => alerts.get(id)?.root ?? '')
    .filter((root) => root !== '')
  group.root = roots.find((root) => !isGuessed(root)) ?? (group.root || (roots[0] ?? ''))
}

function markStrays({ root, members }: Group, alerts: ReadonlyMap<string, FiringNow>, now: Date): void {
  for (const id of activeIds(members)) {
    const own = alerts.get(id)?.root ?? ''
    const member = members[id] as MemberState
    const strays = own !== '' && !isGuessed(own) && root !== '' && own !== root
    members[id] = { ...member, strayedSinceMs: strays ? (member.strayedSinceMs ?? now.getTime()) : null }
  }
}

/** Members whose own cause has been another one for long leave, unless nobody would stay. */
function takeStrays(grouped: readonly Grouped[], now: Date, { splitAfterMs }: AlertPolicy): Map<string, string> {
  const moved = new Map<string, string>()
  for (const { group } of grouped) {
    const active = activeIds(group.members).filter((id) => group.members[id]?.subject.under === undefined)
    const strays = active.filter((id) => {
      const since = group.members[id]?.strayedSinceMs ?? null
      return since !== null && now.getTime() - since >= splitAfterMs
    })
    if (strays.length === active.length) continue
    for (const id of strays) {
      const member = group.members[id] as MemberState
      group.members[id] = { ...member, endedAtMs: now.getTime(), strayedSinceMs: null }
      moved.set(id, group.id)
    }
  }
  return moved
}

const isUnder = ({ subject: { under } }: FiringNow, alerts: ReadonlyMap<string, FiringNow>): boolean =>
  under !== undefined && alerts.has(under)

const isIn = ({ members }: Group, id = ''): boolean =>
  members[id]?.endedAtMs === null && members[id]?.adoptedFrom === ''

/** What is under an alert follows it where it goes, and is on its own again when that one is over. */
function releaseUnder(group: Group, alerts: ReadonlyMap<string, FiringNow>, now: Date): void {
  for (const id of activeIds(group.members)) {
    const { subject } = group.members[id] as MemberState
    const alert = alerts.get(id)
    if (!alert || subject.under === undefined) continue
    const isAlone = group.key === subject.group
    const stays = isUnder(alert, alerts) ? isIn(group, subject.under) || (isAlone && alert.toldAlone) : isAlone
    if (!stays) group.members[id] = { ...(group.members[id] as MemberState), endedAtMs: now.getTime() }
  }
}

/** The open incident an alert joins: the one it was in before, else the one with its root. */
function homeOf({ subject, root }: FiringNow, grouped: readonly Grouped[]): Grouped | undefined {
  const isThere = ({ group }: Grouped) => group.mergedInto === '' && isSameEnvironment(group.env, subject.env)
  // Of several environments its own comes first.
  const speaking = grouped.filter(isThere).sort((a, b) => Number(isHere(b)) - Number(isHere(a)))
  const byRoot = root === '' ? undefined : speaking.find(({ group }) => group.root === root)
  return byRoot ?? speaking.find(isOwn)

  function isHere({ group }: Grouped): boolean {
    return group.env === subject.env
  }
  function isOwn({ group: { members, key, root: known } }: Grouped): boolean {
    if (root !== '' && known !== '') return false
    return (subject.alert in members && subject.under === undefined) || key === subject.group || hasLike(members)
  }
  function hasLike(members: Group['members']): boolean {
    const isLike = ({ subject: { group, under } }: MemberState) => group === subject.group && under === undefined
    return activeIds(members).some((id) => isLike(members[id] as MemberState))
  }
}

function begin(alert: FiringNow, grouped: Grouped[]): Grouped {
  const { subject, root, startedAtMs, previousIncident } = alert
  const key = root === '' ? subject.group : root
  const seed = subject.env === '' ? key : `${subject.env}/${key}`
  // A member that moved may have begun at the same instant as an incident of its name that is still open.
  const taken = new Set(grouped.map(({ group }) => group.id))
  let at = startedAtMs
  while (taken.has(incidentId(seed, at))) at++
  const group: Group = {
    id: incidentId(seed, at),
    env: subject.env,
    key,
    root,
    startedAtMs,
    previousIncident,
    members: {},
    mergedInto: '',
  }
  const begun: Grouped = { group, joined: [], movedFrom: {}, isNew: true }
  grouped.push(begun)
  return begun
}

/** Of several open incidents with one root the oldest speaks. */
function linkSameRoots(grouped: readonly Grouped[]): void {
  const eldestFirst = grouped
    .map(({ group }) => group)
    .filter((group) => group.root !== '' && group.mergedInto === '' && isActive(group))
    .sort((a, b) => a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1))
  const elders: Group[] = []
  for (const group of eldestFirst) {
    const elder = elders.find(({ root, env }) => root === group.root && isSameEnvironment(env, group.env))
    if (elder) group.mergedInto = elder.id
    else elders.push(group)
  }
  // Where the older one is over, the younger speaks for itself again.
  const speaking = new Set(grouped.filter(({ group }) => isActive(group)).map(({ group }) => group.id))
  for (const { group } of grouped) if (!speaking.has(group.mergedInto)) group.mergedInto = ''
}

const isActive = ({ members }: Group): boolean => Object.values(members).some(({ endedAtMs }) => endedAtMs === null)

/** What fires in a merged incident counts in the one that speaks for it. */
function adoptMembers(grouped: readonly Grouped[]): void {
  const byId = new Map(grouped.map((each) => [each.group.id, each.group]))
  for (const { group } of grouped) {
    for (const [id, member] of Object.entries(group.members)) {
      const source = member.adoptedFrom === '' ? undefined : byId.get(member.adoptedFrom)
      const stillThere = source?.mergedInto === group.id && source.members[id]?.endedAtMs === null
      if (member.adoptedFrom !== '' && !stillThere) delete group.members[id]
    }
  }
  for (const { group: younger } of grouped) {
    const elder = byId.get(younger.mergedInto)
    if (!elder) continue
    for (const id of activeIds(younger.members)) {
      const member = younger.members[id] as MemberState
      const own = elder.members[id]
      if (!own || own.endedAtMs !== null || own.adoptedFrom !== '')
        elder.members[id] = { ...member, adoptedFrom: younger.id }
    }
  }
}
