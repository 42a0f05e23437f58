import type { Log } from '../../runtime/log.ts'
import { keyOf, measuredOf } from '../../slo/indicator.ts'
import type { Slo } from '../../slo/model.ts'
import type { Db } from '../../storage/query.ts'
import { type RemeasureRequest, readOpenRemeasures, recordRemeasure } from '../../storage/remeasure-requests.ts'
import type { Range } from './ranges.ts'

/** Requests to measure a range again: taken up once, and closed when it is done. A restart takes up what is open. */
export class Remeasures {
  readonly #db: Db
  readonly #log: Log
  readonly #taken = new Map<string, { request: RemeasureRequest; keys: string[] }>()

  constructor(db: Db, log: Log) {
    this.#db = db
    this.#log = log
  }

  /** What is to be measured again from now on, by `keyOf` of the SLI. */
  async read(slos: readonly Slo[], now: Date): Promise<Map<string, Range[]>> {
    const owed = new Map<string, Range[]>()
    for (const request of await readOpenRemeasures(this.#db)) {
      if (this.#taken.has(request.id)) continue
      const named = slos.filter(({ name }) => name === request.slo)
      const keys = measuredOf(named).map(keyOf)
      this.#taken.set(request.id, { request, keys })
      for (const key of keys) owed.set(key, [...(owed.get(key) ?? []), { from: request.from, to: request.to }])
      const { slo, from, to } = request
      if (keys.length === 0) this.#log.warn({ slo, at: now }, 'asked to measure an SLO again that there is not')
      else this.#log.info({ slo, from, to }, 'measuring again')
    }
    return owed
  }

  async finish(isPaid: (key: string) => boolean, now: Date): Promise<void> {
    const done = [...this.#taken.values()].filter(({ keys }) => keys.every(isPaid))
    await recordRemeasure(
      this.#db,
      done.map(({ request }) => ({ ...request, doneAt: now })),
    )
    for (const { request } of done) this.#taken.delete(request.id)
  }
}
