import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Doors } from './accounts.ts'
import type { FromEngine, ToEngine } from './engine-messages.ts'
import { POOL_THREADS } from './lanes.ts'

const ENGINE = fileURLToPath(new URL('./engine.ts', import.meta.url))
const CHECK_MS = 5_000
/** The engine says every two seconds that it answers; so many checks in a row without a word, and it hangs. */
const MAX_SILENT_CHECKS = 12
const STDERR_CHARACTERS = 4096

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  /** The end of what the process wrote to standard error. */
  stderr: string
  /** Why it could not start, if it said so. */
  failure?: { code: string; message: string }
}

export interface EngineProcess {
  pid: number
  /** The port, once the engine answers; stays pending when the process ends before. */
  ready: Promise<number>
  exited: Promise<Exit>
  stop(times: { drainMs: number; killMs: number }): Promise<void>
}

/** Starts the engine's process; a process that stops answering is killed. */
export function startEngineProcess(dataDir: string, port: number, memoryBytes: number, doors: Doors): EngineProcess {
  const child = fork(ENGINE, [dataDir, String(port), String(memoryBytes)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Nothing of the parent's environment, which may hold secrets: SQL could be talked into reading it.
    env: { PATH: process.env.PATH, TZ: 'UTC', UV_THREADPOOL_SIZE: String(POOL_THREADS) },
    // INSERT without data would read the parent's standard input.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  child.send({ type: 'open', doors } satisfies ToEngine, () => undefined)
  const ready = Promise.withResolvers<number>()
  const exited = Promise.withResolvers<Exit>()
  let stderr = ''
  let failure: Exit['failure']
  // Counted in checks and not in time: while this process itself is held up, neither happens.
  let silentChecks = 0
  const watchdog = setInterval(() => {
    if (++silentChecks > MAX_SILENT_CHECKS) child.kill('SIGKILL')
  }, CHECK_MS)

  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-STDERR_CHARACTERS)
  })
  child.on('message', (message: FromEngine) => {
    silentChecks = 0
    if (message.type === 'ready') ready.resolve(message.port)
    if (message.type === 'failed') failure = message
  })
  child.once('error', (error) => end({ code: null, signal: null, stderr: error.message }))
  child.once('close', (code, signal) => end({ code, signal, stderr, ...(failure && { failure }) }))

  function end(exit: Exit) {
    clearInterval(watchdog)
    exited.resolve(exit)
  }

  return {
    pid: child.pid ?? 0,
    ready: ready.promise,
    exited: exited.promise,
    async stop({ drainMs, killMs }) {
      if (child.connected) child.send({ type: 'stop', drainMs } satisfies ToEngine, () => undefined)
      const kill = setTimeout(() => child.kill('SIGKILL'), killMs)
      await exited.promise
      clearTimeout(kill)
    },
  }
}
