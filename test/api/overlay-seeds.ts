import { recordAudit } from '../../storage/audit-log.ts'
import { recordDeployment } from '../../storage/deployments.ts'
import { recordMaintenance, type StoredMaintenance } from '../../storage/maintenance-windows.ts'
import type { Db } from '../../storage/query.ts'
import { recordSilences, type StoredSilence } from '../../storage/silences.ts'
import { MINUTE_MS, minutesAgo, NOW } from './seeded-app.ts'

const inAnHour = new Date(NOW.getTime() + 60 * MINUTE_MS)

/** A silence of service checkout that began an hour ago and ends in one. */
export const silence = (over: Partial<StoredSilence> = {}): StoredSilence => ({
  id: 'sil_1',
  revision: 0,
  matchers: [{ name: 'service', op: '=', value: 'checkout' }],
  startsAt: minutesAgo(60),
  endsAt: inAnHour,
  createdBy: 'ada',
  comment: 'provider upgrade',
  createdAt: minutesAgo(60),
  source: 'api',
  ...over,
})

/** Planned work on service checkout that goes on. */
export const maintenance = (over: Partial<StoredMaintenance> = {}): StoredMaintenance => ({
  id: 'mnt_1',
  revision: 0,
  scope: { services: ['checkout'], slos: [], dependencies: [], environments: [] },
  schedule: { from: minutesAgo(60), to: inAnHour },
  suppress: true,
  excludeFromBudget: false,
  reason: 'database upgrade',
  createdBy: 'ada',
  createdAt: minutesAgo(90),
  endedAt: null,
  reviewAt: null,
  revoked: false,
  source: 'api',
  ...over,
})

/** A silence, a maintenance window and a deployment. */
export async function seedOverlays(db: Db): Promise<void> {
  await recordSilences(db, [silence()], NOW)
  await recordMaintenance(db, [maintenance()], NOW)
  const deployment = {
    id: 'dep_1',
    service: 'checkout',
    env: 'prod',
    version: '1.5.0',
    previousVersion: '1.4.2',
    status: 'succeeded',
    at: minutesAgo(20),
    commit: '9fceb02',
    url: 'https://ci.example/runs/42',
    author: 'ci',
    source: 'api',
  } as const
  await recordDeployment(db, deployment, NOW)
  const entry = { author: 'ada', token: '', action: 'silence.create', target: 'sil_1', detail: { comment: 'upgrade' } }
  await recordAudit(db, [{ ...entry, at: minutesAgo(60) }])
}
