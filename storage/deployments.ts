import { z } from 'zod'
import { type Db, query } from './query.ts'

export const DEPLOYMENT_STATUSES = ['started', 'succeeded', 'failed', 'rolled_back'] as const

/** A version that went, or is going, into an environment. */
export interface Deployment {
  id: string
  service: string
  /** '' when open. */
  env: string
  version: string
  /** '' when unknown. */
  previousVersion: string
  status: (typeof DEPLOYMENT_STATUSES)[number]
  at: Date
  commit: string
  url: string
  author: string
  /** `api`, or the system that reported it. */
  source: string
}

const select = query({
  sql: `SELECT id, service, env, version, previous_version, status, at, commit, url, author, source FROM deployments
    WHERE at >= {from:DateTime64(3)} AND at < {to:DateTime64(3)}
      AND (empty({services:Array(String)}) OR service IN {services:Array(String)})
      AND ({env:String} = '' OR env = {env:String})
    ORDER BY id, received_at DESC, status = 'started' LIMIT 1 BY id`,
  params: z.object({ from: z.date(), to: z.date(), services: z.array(z.string()), env: z.string() }),
  row: z
    .object({
      id: z.string(),
      service: z.string(),
      env: z.string(),
      version: z.string(),
      previous_version: z.string(),
      status: z.enum(DEPLOYMENT_STATUSES),
      at: z.coerce.date(),
      commit: z.string(),
      url: z.string(),
      author: z.string(),
      source: z.string(),
    })
    .transform(({ previous_version, ...row }): Deployment => ({ ...row, previousVersion: previous_version })),
  settings: { date_time_output_format: 'iso' },
})

/** Deployments in [from, to) as they stand, the newest first; of all services and environments unless said. */
export async function readDeployments(
  db: Db,
  { from, to, services = [], env = '' }: { from: Date; to: Date; services?: readonly string[]; env?: string },
): Promise<Deployment[]> {
  const deployments = await select(db, { from, to, services: [...services], env })
  return deployments.sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? -1 : 1))
}

/** Stores a deployment as it stands; a later one with the same id replaces it. */
export async function recordDeployment(db: Db, deployment: Deployment, now: Date): Promise<void> {
  const { previousVersion, at, ...row } = deployment
  await db.insert({
    table: 'deployments',
    format: 'JSONEachRow',
    values: [
      {
        ...row,
        previous_version: previousVersion,
        at: at.toISOString(),
        received_at: now.toISOString(),
      },
    ],
  })
}
