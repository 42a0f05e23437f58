import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { totalmem } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FromEngine, ToEngine } from './engine-messages.ts'

export type EmbeddedEvent =
  | { type: 'ready'; pid: number; url: string }
  | {
      type: 'exited'
      pid: number
      code: number | null
      signal: NodeJS.Signals | null
      restartInMs: number
      stderr: string
    }

export interface EmbeddedOptions {
  dataDir: string
  /** 0 = any free port; kept over restarts. */
  port: number
  /** What the engine may use altogether; default: half of the machine's or the container's memory, at most 4 GiB. */
  memoryBytes?: number
  onEvent?: (event: EmbeddedEvent) => void
}

export interface Embedded {
  url: string
  pid(): number | undefined
  /** Lets running queries finish, then closes; kills after ten seconds. */
  stop(): Promise<void>
}

const ENGINE = fileURLToPath(new URL('./engine.ts', import.meta.url))
const STOP_DEADLINE_MS = 8_000
const STEADY_MS = 10_000

function defaultMemoryBytes(): number {
  const limit = process.constrainedMemory()
  const available = limit > 0 && limit < totalmem() ? limit : totalmem()
  return Math.min(available / 2, 4 * 2 ** 30)
}

/**
 * Runs the ClickHouse engine in a child process and keeps it running on one port.
 * Rejects with a sentence for the user when it cannot start: port taken, data directory in use.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = resolve(options.dataDir)
  const memoryBytes = Math.round(options.memoryBytes ?? defaultMemoryBytes())
  mkdirSync(dataDir, { recursive: true })
  let port = options.port
  let child: ChildProcess | undefined
  let stopping = false
  let quickDeaths = 0
  let restart: NodeJS.Timeout | undefined

  function spawn(): Promise<void> {
    const startedAt = performance.now()
    const engine = fork(ENGINE, [dataDir, String(port), String(memoryBytes)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // Nothing of the parent's environment: it may hold secrets, and SQL can read files.
      env: { PATH: process.env['PATH'], TZ: 'UTC', UV_THREADPOOL_SIZE: '24' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    child = engine
    let stderr = ''
    engine.stderr?.on('data', (text) => {
      stderr = (stderr + text).slice(-4096)
    })
    return new Promise((resolve, reject) => {
      let failure: Extract<FromEngine, { type: 'failed' }> | undefined
      engine.on('message', (message: FromEngine) => {
        if (message.type === 'failed') failure = message
        else {
          port = message.port
          options.onEvent?.({ type: 'ready', pid: engine.pid ?? 0, url: url() })
          resolve()
        }
      })
      engine.once('exit', (code, signal) => {
        child = undefined
        reject(
          new Error(failure ? explain(failure) : `the embedded ClickHouse engine ended (${signal ?? code}): ${stderr}`),
        )
        if (stopping || restart === undefined) return
        quickDeaths = performance.now() - startedAt > STEADY_MS ? 0 : quickDeaths + 1
        const restartInMs = quickDeaths < 2 ? 0 : Math.min(10_000, 250 * 2 ** (quickDeaths - 2))
        options.onEvent?.({ type: 'exited', pid: engine.pid ?? 0, code, signal, restartInMs, stderr })
        restart = setTimeout(() => spawn().catch(() => undefined), restartInMs)
      })
    })
  }

  function explain({ code, message }: { code: string; message: string }): string {
    if (code === 'EADDRINUSE') {
      return `port ${port} on 127.0.0.1 is taken: set ports.clickhouse (or PLUMBLINE_PORTS_CLICKHOUSE) to a free port, 0 for any`
    }
    return `the embedded ClickHouse engine cannot open ${dataDir}: ${message}`
  }

  const url = () => `http://127.0.0.1:${port}`

  await spawn()
  restart = setTimeout(() => undefined, 0)

  return {
    url: url(),
    pid: () => child?.pid,
    async stop() {
      stopping = true
      clearTimeout(restart)
      const engine = child
      if (!engine) return
      const ended = new Promise((resolve) => engine.once('exit', resolve))
      const kill = setTimeout(() => engine.kill('SIGKILL'), STOP_DEADLINE_MS)
      engine.send({ type: 'stop' } satisfies ToEngine, () => undefined)
      await ended
      clearTimeout(kill)
    },
  }
}
