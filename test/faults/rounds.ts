import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../storage/client.ts'
import { start, workplace } from '../e2e/plumbline.ts'
import { randomFrom } from '../support/random.ts'
import { falseClock } from './false-clock.ts'
import { FAULT_NAMES, FAULTS, type FaultName, possible, type Scene } from './faults.ts'
import { storedDifferently, wronglyQuarantined } from './ledger.ts'
import { startLoad } from './load.ts'
import { mountSmallDisk } from './small-disk.ts'

const DISK_MEBIBYTES = 512
/** Small, so that segments are many and the limit on waiting ones is reached within seconds. */
const COLLECTOR = { segmentBytes: '256KiB', segmentAge: '200ms', maxDisk: '3MiB' }
const UNDISTURBED_MS = 1_000
const ACKNOWLEDGED_WITHIN_MS = 90_000

export interface Rounds {
  rounds: number
  seed: number
  /** Which faults to choose from; default all. */
  faults?: readonly FaultName[]
  say: (line: string) => void
}

/**
 * Runs Plumbline as `npm start` does, under load, and does it one harm per round, chosen by the seed: every possible one
 * before any of them again. After each round the load pauses and all that was acknowledged must be stored, once.
 * Resolves to everything that was not as it should be, in words.
 */
export async function runRounds({ rounds, seed, faults = FAULT_NAMES, say }: Rounds): Promise<string[]> {
  say(`seed=${seed} rounds=${rounds}`)
  const random = randomFrom(seed)
  using place = workplace({ collector: COLLECTOR })
  const dataDir = join(place.dir, 'data')
  using disk = mountSmallDisk(dataDir, DISK_MEBIBYTES)
  const clock = falseClock(join(place.dir, 'clock'))
  const plumbline = await start(place.configPath, clock?.environment)
  const db = connect(plumbline.store)
  const load = startLoad(plumbline.otlpHttp, seed)
  const scene: Scene = { plumbline, load, random, disk, clock }
  const wrong: string[] = []
  let deck: FaultName[] = []
  try {
    for (let round = 1; round <= rounds && wrong.length === 0; round++) {
      if (deck.length === 0) deck = random.shuffle(possible(faults, scene))
      const name = deck.pop()!
      load.resume()
      await sleep(random.int(UNDISTURBED_MS))
      await FAULTS[name](scene)
      await sleep(random.int(UNDISTURBED_MS))
      await withinLimit(load.pause())
      const found = [...load.wrongAnswers, ...(await storedDifferently(db, load.acknowledged))]
      wrong.push(...[...found, ...wronglyQuarantined(dataDir)].map((line) => `round ${round}, ${name}: ${line}`))
      say(`${round}/${rounds} ${name}: ${load.acknowledged.size} spans, ${load.refusals()} refusals so far`)
    }
  } catch (error) {
    wrong.push(`${error instanceof Error ? error.message : error}; log:\n${plumbline.log().slice(-4_000)}`)
  }
  load.abandon()
  await db.close()
  const code = await plumbline.stop()
  if (code !== 0) wrong.push(`plumbline ended with code ${code}`)
  return wrong
}

/** What was sent is acknowledged at last, or something keeps Plumbline from recovering. */
const withinLimit = (acknowledged: Promise<void>) => {
  const abort = new AbortController()
  const tooLong = sleep(ACKNOWLEDGED_WITHIN_MS, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`requests are still refused ${ACKNOWLEDGED_WITHIN_MS} ms after the fault`)
  })
  return Promise.race([acknowledged, tooLong]).finally(() => abort.abort())
}
