import type { Fault } from './faults.ts'
import { PROVIDER_IDS, type ProviderId } from './providers.ts'
import { startThirdParties } from './third-parties.ts'

// Told over the channel to the parent what to do: {provider, fault}. Ends when the parent is gone.
const parties = await startThirdParties()
process.on('message', ({ provider, fault }: { provider: ProviderId; fault: Fault | null }) => {
  void parties[provider].setFault(fault)
})
const stop = async () => {
  await Promise.all(PROVIDER_IDS.map((id) => parties[id].stop()))
  process.exit(0)
}
process.once('SIGTERM', stop).once('disconnect', stop)
// Ctrl-C reaches the whole group; the parent decides when to stop whom.
process.on('SIGINT', () => {})
process.send?.({ ready: Object.fromEntries(PROVIDER_IDS.map((id) => [id, parties[id].url])) })
