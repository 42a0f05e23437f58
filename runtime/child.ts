import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from './log.ts'

export interface Child {
  /** The first message the child sent: what it listens on. */
  ready: Record<string, string>
  pid(): number | undefined
  stop(): Promise<void>
}

/** A child that lived this long was healthy: its death is answered at once, an earlier one after a pause. */
const HEALTHY_AFTER_MS = 10_000
const PAUSE_MS = 1_000
/** A child that does not stop within this time after SIGTERM is killed. */
const STOP_DEADLINE_MS = 8_000

/**
 * Runs a Node module as a child process and keeps it running: when it dies it is started again with `environment(ready)`,
 * so that it can take the same ports as before. Resolves when the child has sent its first message.
 * @param asked aborts when everything is asked to stop
 * @throws Error when the child ends before it is ready for the first time
 */
export async function superviseChild(
  name: string,
  module: string,
  args: string[],
  environment: (before: Record<string, string> | null) => NodeJS.ProcessEnv,
  { log, asked }: { log: Log; asked: AbortSignal },
): Promise<Child> {
  let stopping = false
  let child: ChildProcess
  let startedAt = 0

  const launch = (before: Record<string, string> | null) => {
    startedAt = Date.now()
    child = fork(module, args, {
      env: environment(before),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    return new Promise<Record<string, string>>((resolve, reject) => {
      child.once('message', (message) => resolve(message as Record<string, string>))
      child.once('exit', (code) =>
        reject(new Error(`${name} ended with code ${code} before it was ready; its own message is above`)),
      )
    })
  }

  const ready = await launch(null)
  const watch = () => {
    child.once('exit', async (code, signal) => {
      // Whoever stops a service signals all of its processes at once: then it is not started again.
      if (stopping || asked.aborted) return
      log.error({ name, code, signal }, 'process ended; starting it again')
      do {
        if (Date.now() - startedAt < HEALTHY_AFTER_MS) await sleep(PAUSE_MS)
        if (stopping || asked.aborted) return
      } while (
        !(await launch(ready).then(
          () => true,
          () => false,
        ))
      )
      watch()
    })
  }
  watch()

  return {
    ready,
    pid: () => child.pid,
    async stop() {
      stopping = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS)
      await ended
      clearTimeout(deadline)
    },
  }
}
