import { createHash } from 'node:crypto'

/** The webhook-id of one message to one endpoint: stable over retries and restarts, without the `.` that signatures use. */
export const notificationId = (incident: string, sequence: number, endpoint: string): string =>
  `msg_${createHash('sha256').update(`${incident}\n${sequence}\n${endpoint}`).digest('hex').slice(0, 32)}`
