import type { Endpoint } from '../../runtime/endpoint-schema.ts'
import { DEPLOYMENT_STATUSES, type Deployment, readDeployments } from '../../storage/deployments.ts'
import { readNotification } from '../../storage/notification-list.ts'
import type { Notification } from '../../storage/notifications.ts'
import type { Db } from '../../storage/query.ts'
import { changeEventBody } from '../notify/pagerduty.ts'
import { CHANGE } from './lane.ts'
import type { Outbox } from './outbox.ts'
import { waitingMessage } from './waiting-message.ts'

/** Older deployments are history by the time they are reported. */
const LOOK_BACK_MS = 3_600_000

/** Tells PagerDuty of deployments, as context beside incidents: each status once. */
export class ChangeEvents {
  readonly #db: Db
  readonly #outbox: Outbox
  readonly #endpoints: readonly string[]
  readonly #seen = new Set<string>()

  constructor(db: Db, outbox: Outbox, endpoints: readonly Endpoint[]) {
    this.#db = db
    this.#outbox = outbox
    this.#endpoints = endpoints.flatMap((each) => (each.type === 'pagerduty' && each.changeEvents ? [each.name] : []))
  }

  /** Hands on what is new. Rejects when the store fails; nothing is lost then. */
  async update(now: Date): Promise<void> {
    if (this.#endpoints.length === 0) return
    const from = new Date(now.getTime() - LOOK_BACK_MS)
    const deployments = await readDeployments(this.#db, { from, to: new Date(now.getTime() + LOOK_BACK_MS) })
    for (const deployment of deployments.filter(({ status }) => status !== 'started')) {
      for (const endpoint of this.#endpoints) await this.#tell(deployment, endpoint, now)
    }
  }

  async #tell(deployment: Deployment, endpoint: string, now: Date): Promise<void> {
    const message = changeNotification(deployment, endpoint, now)
    if (this.#seen.has(message.id)) return
    if ((await readNotification(this.#db, message.id)) === null) await this.#outbox.enqueue([message], now)
    this.#seen.add(message.id)
  }
}

function changeNotification(deployment: Deployment, endpoint: string, now: Date): Notification {
  const incident = `${CHANGE}${deployment.id}`
  const sequence = DEPLOYMENT_STATUSES.indexOf(deployment.status) + 1
  const about = { endpoint, incident, sequence, event: 'firing', reason: 'first', severity: 'ticket' } as const
  return waitingMessage({ ...about, type: 'pagerduty', body: changeEventBody(deployment) }, now)
}
