import { recordAudit } from './audit-log.ts'
import type { Db } from './query.ts'

interface RefusedToken {
  door: string
  reason: string
  address: string
  token?: string
}

/** Records that a token was refused, and how often since it was recorded last. */
export const auditRefusal =
  (db: Db, now: () => Date) =>
  ({ door, reason, address, token = '' }: RefusedToken, times: number): Promise<void> =>
    recordAudit(db, [
      { at: now(), action: 'access.refuse', target: door, author: address, token, detail: { reason, times } },
    ])
