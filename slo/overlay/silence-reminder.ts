import type { FiringAlert } from '../alert/firing-alerts.ts'
import { matchesAll } from './matchers.ts'
import { type Silence, silenceState } from './silence.ts'

/**
 * `outlives_week`: it still mutes something after a week. `ends_soon`: it ends within a day and what it mutes will be told
 * then. `matched_nothing`: for a week nothing fired that it would have muted.
 */
export const REMINDERS = ['outlives_week', 'ends_soon', 'matched_nothing'] as const
export type ReminderKind = (typeof REMINDERS)[number]

/** What is remembered of a silence. */
export interface SilenceMemory {
  /** When it last muted something; null while it never did. */
  mutedAt: Date | null
  /** When its author was last reminded, by kind. */
  remindedAt: Partial<Record<ReminderKind, Date>>
}

export interface SilenceReminder {
  silence: Silence
  kind: ReminderKind
  /** One line: what, and what to do. */
  text: string
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS

/** Silences that mute something that fires, with the alerts each one mutes. */
export function mutedAlerts(
  silences: readonly Silence[],
  alerts: readonly FiringAlert[],
  now: Date,
): Map<string, FiringAlert[]> {
  const muted = new Map<string, FiringAlert[]>()
  for (const silence of silences) {
    if (silenceState(silence, now) !== 'active') continue
    const found = alerts.filter(({ labels }) => matchesAll(silence.matchers, labels))
    if (found.length > 0) muted.set(silence.id, found)
  }
  return muted
}

/**
 * Of which silences their authors must be reminded now: weekly while one outlives a week, once when it ends within a day,
 * weekly while nothing matched.
 * @param memories by id; a silence without one has no past
 */
export function silenceReminders(
  silences: readonly Silence[],
  alerts: readonly FiringAlert[],
  memories: ReadonlyMap<string, SilenceMemory>,
  now: Date,
): SilenceReminder[] {
  const muted = mutedAlerts(silences, alerts, now)
  return silences.flatMap((silence) => {
    if (silenceState(silence, now) !== 'active') return []
    const memory = memories.get(silence.id) ?? { mutedAt: null, remindedAt: {} }
    const mutes = muted.get(silence.id) ?? []
    return dueKinds(silence, mutes.length, memory, now).map((kind) => ({
      silence,
      kind,
      text: textOf(silence, kind, mutes),
    }))
  })
}

function dueKinds(
  { startsAt, endsAt }: Silence,
  mutes: number,
  { mutedAt, remindedAt }: SilenceMemory,
  now: Date,
): ReminderKind[] {
  const since = (at: Date) => now.getTime() - at.getTime()
  const isDue = (kind: ReminderKind, everyMs: number) => {
    const last = remindedAt[kind]
    return last === undefined || since(last) >= everyMs
  }
  const due: ReminderKind[] = []
  const isOld = since(startsAt) >= WEEK_MS
  if (isOld && mutes > 0 && isDue('outlives_week', WEEK_MS)) due.push('outlives_week')
  const lastMatch = mutedAt !== null && mutedAt > startsAt ? mutedAt : startsAt
  if (mutes === 0 && since(lastMatch) >= WEEK_MS && isDue('matched_nothing', WEEK_MS)) due.push('matched_nothing')
  const endsSoon = endsAt.getTime() - now.getTime() <= DAY_MS && endsAt.getTime() - startsAt.getTime() > DAY_MS
  if (endsSoon && mutes > 0 && isDue('ends_soon', DAY_MS)) due.push('ends_soon')
  return due
}

function textOf({ startsAt, endsAt, createdBy }: Silence, kind: ReminderKind, mutes: readonly FiringAlert[]): string {
  const [first, ...others] = mutes
  const what = `${first?.summary ?? 'nothing'}${others.length > 0 ? ` and ${others.length} more` : ''}`
  switch (kind) {
    case 'outlives_week':
      return `${createdBy}: this silence of ${day(startsAt)} still mutes ${what}; fix it, or end the silence`
    case 'ends_soon':
      return `${createdBy}: this silence ends at ${endsAt.toISOString()} and then tells of ${what}; fix it, or renew the silence`
    case 'matched_nothing':
      return `${createdBy}: nothing fired for a week that this silence of ${day(startsAt)} mutes; end it`
  }
}

const day = (at: Date) => at.toISOString().slice(0, 10)
