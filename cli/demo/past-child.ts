import { fork } from 'node:child_process'
import { once } from 'node:events'

type Message = { minutesSent: number; spansSent: number } | { done: number } | { failed: string } | { ready: true }

interface Options {
  otlpHttp: string
  minutes: number
  requestsPerSecond: number
  print: (line: string) => void
  signal: AbortSignal
}

/**
 * Makes and sends the history in a process of its own and prints how far it is.
 * @throws when the collector refuses it, or `signal` aborts
 */
export async function sendPastInChild({ otlpHttp, minutes, requestsPerSecond, print, signal }: Options): Promise<void> {
  const started = Date.now()
  const child = fork(new URL('./past-process.ts', import.meta.url), [otlpHttp, `${minutes}`, `${requestsPerSecond}`], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  let outcome: Message | null = null
  let quarter = 0
  child.on('message', (message: Message) => {
    if ('minutesSent' in message && Math.floor((4 * message.minutesSent) / minutes) > quarter) {
      quarter = Math.floor((4 * message.minutesSent) / minutes)
      print(`  ${quarter * 25} %  ${message.spansSent.toLocaleString('en')} spans`)
    }
    if ('done' in message || 'failed' in message) outcome = message
  })
  const abort = () => child.kill('SIGTERM')
  signal.addEventListener('abort', abort, { once: true })
  const [code] = await exited
  signal.removeEventListener('abort', abort)
  signal.throwIfAborted()
  const end = outcome as Message | null
  if (end && 'done' in end) return print(`  done in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  throw new Error(
    `the demo's history could not be sent: ${end && 'failed' in end ? end.failed : `its process ended with code ${code}`}`,
  )
}
