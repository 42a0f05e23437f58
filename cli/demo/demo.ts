import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../runtime/log.ts'
import { sendPastInChild } from './past-child.ts'
import { SCRIPT, type Step } from './script.ts'
import { startShop } from './shop.ts'

const REQUESTS_PER_SECOND = 6
const PAST_MINUTES = 120

export interface DemoOptions {
  /** OTLP/HTTP address of the running Plumbline, and the address of its API and UI. */
  otlpHttp: string
  api: string
  log: Log
  /** Ends the demo: everything it started is stopped before the promise resolves. */
  signal: AbortSignal
  print?: (line: string) => void
  pastMinutes?: number
  script?: readonly Step[]
}

/**
 * Fills an empty store with two hours of history, then runs the shop and plays the script until `signal` aborts.
 * @throws when a demo process does not start, or the collector refuses the history
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { otlpHttp, api, log, signal } = options
  const print = options.print ?? ((line: string) => console.log(line))
  const { pastMinutes = PAST_MINUTES, script = SCRIPT } = options
  await using stops = new AsyncDisposableStack()
  try {
    print(`Sending ${pastMinutes} minutes of history through ${otlpHttp}`)
    await sendPastInChild({ otlpHttp, minutes: pastMinutes, requestsPerSecond: REQUESTS_PER_SECOND, print, signal })
    const shop = await startShop(otlpHttp, signal)
    stops.defer(shop.stop)
    await shop.startLoad(REQUESTS_PER_SECOND)
    print(`The shop is open: ${REQUESTS_PER_SECOND} requests/s. Watch ${api}; Ctrl-C ends everything.`)
    while (!signal.aborted) await playOnce(script, shop.setFaults, print, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    log.debug({ err: error }, 'demo stopped')
  }
}

async function playOnce(
  script: readonly Step[],
  setFaults: (faults: Step['faults']) => void,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const { title, look, seconds, faults } of script) {
    setFaults(faults)
    print(`\n${new Date().toISOString().slice(11, 19)} UTC  ▶ ${title} (${seconds} s)\n              look: ${look}`)
    await sleep(seconds * 1000, undefined, { signal })
  }
}
