import { type EndpointState, recordEndpointStates } from '../../storage/endpoint-states.ts'
import type { Db } from '../../storage/query.ts'
import type { OutboxStatus } from './endpoint-health.ts'

/** Tells the store how endpoints do, when that changed: the API may be another process. */
export class EndpointReports {
  readonly #db: Db
  readonly #told = new Map<string, string>()

  constructor(db: Db) {
    this.#db = db
  }

  /** Rejects when the store fails; the next report tells it then. */
  async report(status: ReadonlyMap<string, OutboxStatus>, at: Date): Promise<void> {
    const news = [...status].filter(([endpoint, each]) => this.#told.get(endpoint) !== JSON.stringify(each))
    const states = news.map(([endpoint, each]): EndpointState => ({ endpoint, at, ...each }))
    await recordEndpointStates(this.#db, states)
    for (const [endpoint, each] of news) this.#told.set(endpoint, JSON.stringify(each))
  }
}
