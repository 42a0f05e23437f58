import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../storage/query.ts'
import { type RemeasureRequest, readRemeasure, recordRemeasure } from '../storage/remeasure-requests.ts'
import { CommandError } from './command-error.ts'
import { findSlo } from './find-slo.ts'
import { withRunningStore } from './running-store.ts'

export interface RemeasureCommand {
  config?: string
  from: string
  to?: string
  wait: string
  json?: boolean
}

const POLL_MS = 500

/** `plumbline remeasure SLO`: asks the evaluator to measure a range again, and waits until it did. */
export async function runRemeasure(name: string, options: RemeasureCommand): Promise<void> {
  const waitMs = Number(options.wait) * 1_000
  if (!Number.isFinite(waitMs) || waitMs < 0) throw new CommandError('--wait must be a number of seconds, 0 or more', 2)
  await withRunningStore(options.config, async (db) => {
    const request = await requestRemeasure(db, name, rangeOf(options, new Date()), new Date())
    const doneAt = await waitUntilDone(db, request.id, waitMs)
    if (options.json) console.log(JSON.stringify({ ...request, doneAt, done: doneAt !== null }))
    else {
      const range = `${request.from.toISOString()} to ${request.to.toISOString()}`
      console.log(
        doneAt
          ? `${name}: measured again, ${range}`
          : `${name}: asked for ${range}; the evaluator does it when it runs`,
      )
    }
  })
}

/**
 * The range asked for, up to now at most.
 * @throws CommandError for times that cannot be read, do not follow each other, or are still to come
 */
export function rangeOf({ from, to }: Pick<RemeasureCommand, 'from' | 'to'>, now: Date): { from: Date; to: Date } {
  const start = timeOf('--from', from)
  const end = to === undefined ? now : timeOf('--to', to)
  if (start >= end && to !== undefined) throw new CommandError('--from must be before --to', 2)
  if (start >= now) throw new CommandError('--from is still to come: what is measured again lies in the past', 2)
  return { from: start, to: end < now ? end : now }
}

function timeOf(option: string, text: string): Date {
  const time = new Date(
    /^\d{4}-\d\d-\d\d([T ][\d:.]+)?$/.test(text) ? `${text.replace(' ', 'T')}${text.includes(':') ? 'Z' : ''}` : text,
  )
  if (!Number.isNaN(time.getTime())) return time
  throw new CommandError(`${option} must be a time such as 2026-01-31T12:00:00Z (UTC where no zone is given)`, 2)
}

export async function requestRemeasure(
  db: Db,
  name: string,
  range: { from: Date; to: Date },
  now: Date,
): Promise<RemeasureRequest> {
  const { name: slo } = await findSlo(db, name)
  const request: RemeasureRequest = { id: randomUUID(), slo, ...range, requestedAt: now, doneAt: null }
  await recordRemeasure(db, [request])
  return request
}

/** When it was done; null when it was not within the time. */
async function waitUntilDone(db: Db, id: string, waitMs: number): Promise<Date | null> {
  const untilMs = performance.now() + waitMs
  for (;;) {
    const doneAt = (await readRemeasure(db, id))?.doneAt ?? null
    if (doneAt !== null || performance.now() >= untilMs) return doneAt
    await sleep(POLL_MS)
  }
}
