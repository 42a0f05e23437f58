import { nearMisses } from '../slo/near-misses.ts'
import { MIN_CALLS, type ObservedCalls, suggestSlos } from '../slo/replay/suggested-slo.ts'
import { readFreshness } from '../storage/freshness.ts'
import { readObservedCalls } from '../storage/observed-calls.ts'
import { CommandError } from './command-error.ts'
import { withRunningStore } from './running-store.ts'
import { suggestionYaml } from './suggestion-yaml.ts'

export interface SuggestCommand {
  config?: string
  days: string
  service?: string
  json?: boolean
}

const MINUTE_MS = 60_000
const DAY_MS = 1440 * MINUTE_MS

const floorMinute = (at: Date) => new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS)

/** `plumbline suggest`: SLOs from the traffic of the last weeks, as OpenSLO on standard output. */
export async function runSuggest({ config, days, service, json }: SuggestCommand): Promise<void> {
  const number = Number(days)
  if (!Number.isInteger(number) || number < 1 || number > 400) {
    throw new CommandError('--days must be a whole number from 1 to 400', 2)
  }
  await withRunningStore(config, async (db) => {
    const { watermark } = await readFreshness(db)
    const to = floorMinute(watermark ?? new Date())
    const observed = await readObservedCalls(db, { from: new Date(to.getTime() - number * DAY_MS), to })
    const seen = service === undefined ? observed : observed.filter((calls) => calls.service === service)
    if (service !== undefined && seen.length === 0) throw new CommandError(unknownService(service, observed))
    // All of them are judged: what a service can promise depends on its dependencies, and names must differ.
    const wanted = suggestSlos(observed).filter((slo) => service === undefined || slo.service === service)
    if (json) console.log(JSON.stringify({ days: number, to, slos: wanted }))
    else for (const slo of wanted) console.log(`---\n${suggestionYaml(slo).trimEnd()}`)
    const few = seen.filter(({ total }) => total < MIN_CALLS).length
    const quiet = few === 0 ? '' : `; ${few} with fewer than ${MIN_CALLS} calls left out`
    console.error(
      `plumbline: ${wanted.length} SLOs suggested from ${number} day${number === 1 ? '' : 's'} of traffic${quiet}`,
    )
    if (wanted.length === 0) throw new CommandError('nothing to suggest: no service has calls enough in the store')
  })
}

function unknownService(wanted: string, observed: readonly ObservedCalls[]): string {
  const known = [...new Set(observed.map(({ service }) => service))]
  const [meant] = nearMisses(wanted, known, 1)
  const hint = meant ? `did you mean ${meant}?` : `${known.length} services have calls`
  return `no calls of a service ${wanted} were seen: ${hint}`
}
