/** What people do about an incident. It resolves by evidence only. */
export const INCIDENT_ACTIONS = ['acknowledge', 'unacknowledge', 'assign', 'comment'] as const

export interface IncidentAction {
  incident: string
  at: Date
  action: (typeof INCIDENT_ACTIONS)[number]
  author: string
  /** The comment, or who it is assigned to ('' for nobody). */
  text: string
  /** Until when an acknowledgement holds. */
  until: Date | null
}

/** Somebody took an incident on: until then nobody is reminded and nothing escalates. */
export interface Acknowledgement {
  incident: string
  by: string
  at: Date
  until: Date
}

/** The acknowledgement in force after these actions, oldest first: the last one, unless it was taken back. It may be over. */
export function acknowledgementOf(actions: readonly IncidentAction[]): Acknowledgement | null {
  const last = actions.findLast(({ action }) => action === 'acknowledge' || action === 'unacknowledge')
  if (last?.action !== 'acknowledge' || last.until === null) return null
  return { incident: last.incident, by: last.author, at: last.at, until: last.until }
}

/** Who the incident is assigned to; '' for nobody. */
export const assigneeOf = (actions: readonly IncidentAction[]): string =>
  actions.findLast(({ action }) => action === 'assign')?.text ?? ''
