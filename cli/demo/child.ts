import { fork } from 'node:child_process'
import { once } from 'node:events'

const STOP_MS = 5_000
const START_MS = 20_000

export interface Child<Ready> {
  ready: Ready
  send(message: unknown): void
  stop(): Promise<void>
}

/**
 * Starts a Node process of the demo and waits until it says `{ready}` over its channel.
 * @throws when it ends or stays silent for 20 s before that
 */
export async function startChild<Ready>(
  file: URL,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<Child<Ready>> {
  const child = fork(file, {
    env: { ...process.env, ...env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(hard)
  }
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(START_MS)])
    const message = await Promise.race([
      once(child, 'message', { signal: deadline }),
      exited.then(([code]) => {
        throw new Error(`demo process ${file.pathname} ended with code ${code} before it was ready`)
      }),
    ])
    return {
      ready: (message[0] as { ready: Ready }).ready,
      send: (text) => {
        if (child.connected) child.send(text as object)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
