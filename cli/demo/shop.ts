import type { Fault } from '../../deploy/demo/faults.ts'
import { PROVIDER_IDS, type ProviderId } from '../../deploy/demo/providers.ts'
import { type Child, startChild } from './child.ts'

const FOLDER = new URL('../../deploy/demo/', import.meta.url)
const file = (name: string) => new URL(`${name}.ts`, FOLDER)

export interface Shop {
  /** From now on exactly these third parties misbehave. */
  setFaults(faults: Partial<Record<ProviderId, Fault>>): void
  startLoad(requestsPerSecond: number): Promise<void>
  stop(): Promise<void>
}

/** Starts the third parties and the three services, each a process of its own, in the order they call each other. */
export async function startShop(otlpHttp: string, signal: AbortSignal): Promise<Shop> {
  const children: Child<unknown>[] = []
  const start = async <Ready>(name: string, env: Record<string, string>) => {
    const child = await startChild<Ready>(file(name), { OTLP_HTTP: otlpHttp, ...env }, signal)
    children.unshift(child)
    return child
  }
  // Callers first: nobody is left calling a service that is gone.
  const stop = async () => {
    for (const child of children) await child.stop()
  }
  try {
    const parties = await start<Record<ProviderId, string>>('third-parties-process', {})
    const { payment, identity, shipping, email } = parties.ready
    const [accounts, notifications] = await Promise.all([
      start<string>('accounts', { IDENTITY_URL: identity }),
      start<string>('notifications', { EMAIL_URL: email }),
    ])
    const checkout = await start<string>('checkout', {
      ACCOUNTS_URL: accounts.ready,
      NOTIFICATIONS_URL: notifications.ready,
      PAYMENT_URL: payment,
      SHIPPING_URL: shipping,
    })
    return {
      setFaults: (faults) => {
        for (const provider of PROVIDER_IDS) parties.send({ provider, fault: faults[provider] ?? null })
      },
      startLoad: async (requestsPerSecond) => {
        await start('load', { CHECKOUT_URL: checkout.ready, REQUESTS_PER_SECOND: String(requestsPerSecond) })
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
