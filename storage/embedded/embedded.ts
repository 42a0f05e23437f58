import { mkdirSync, readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { type EngineProcess, type Exit, startEngineProcess } from './engine-process.ts'

export type EmbeddedEvent =
  | { type: 'ready'; pid: number; url: string; tookMs: number }
  | { type: 'exited'; pid: number; exit: Exit; restartInMs: number }

export interface EmbeddedOptions {
  dataDir: string
  /** 0 = any free port, the same one after every restart. */
  port: number
  /** What the engine may use altogether; default: half of what the machine or the container has, at most 4 GiB. */
  memoryBytes?: number
  /** What the passwords of its callers are made from; without it every program of this machine may ask, as in tests. */
  secret?: string
  /** Programs of this machine may write and read without a password. */
  openToTools?: boolean
  onEvent?: (event: EmbeddedEvent) => void
}

export interface Embedded {
  url: string
  /** The engine's process; undefined between an exit and the restart. */
  pid(): number | undefined
  /** Lets running queries finish for three seconds, stops the others, closes the store. Takes six seconds at most. */
  stop(): Promise<void>
}

const STOPPING = { drainMs: 3_000, killMs: 6_000 }
/** A process that lived this long did not die of its start. */
const STEADY_MS = 10_000
const MAX_RESTART_DELAY_MS = 10_000

/**
 * Runs the ClickHouse engine in a child process that answers ClickHouse's HTTP interface on 127.0.0.1, and restarts it
 * on the same port whenever it ends. Nothing acknowledged is lost by that.
 * Rejects with a sentence for the user when it cannot start: port taken, data directory in use or unreadable.
 */
export async function startEmbedded({ onEvent, ...options }: EmbeddedOptions): Promise<Embedded> {
  const dataDir = resolve(options.dataDir)
  const memoryBytes = Math.round(options.memoryBytes ?? defaultMemoryBytes())
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  let port = options.port
  let engine: EngineProcess | undefined
  let stopped = false
  let restart: NodeJS.Timeout | undefined
  let quickDeaths = 0

  /** Resolves when the engine answers, or with its exit when it ended before. */
  async function launch(): Promise<Exit | null> {
    const startedAt = performance.now()
    const started = startEngineProcess(dataDir, port, memoryBytes, {
      secret: options.secret ?? null,
      openToTools: options.openToTools ?? false,
    })
    engine = started
    void started.exited.then(() => {
      if (engine === started) engine = undefined
    })
    const first = await Promise.race([started.ready, started.exited])
    if (typeof first !== 'number') return first
    port = first
    onEvent?.({ type: 'ready', pid: started.pid, url: urlOf(port), tookMs: performance.now() - startedAt })
    void started.exited.then((exit) => revive(started.pid, exit, performance.now() - startedAt))
    return null
  }

  function revive(pid: number, exit: Exit, livedMs: number) {
    if (stopped) return
    quickDeaths = livedMs > STEADY_MS ? 0 : quickDeaths + 1
    const restartInMs = quickDeaths < 3 ? 0 : Math.min(MAX_RESTART_DELAY_MS, 250 * 2 ** (quickDeaths - 3))
    onEvent?.({ type: 'exited', pid, exit, restartInMs })
    restart = setTimeout(async () => {
      const failed = await launch()
      if (failed) revive(0, failed, 0)
    }, restartInMs)
  }

  const failed = await launch()
  if (failed) throw new Error(explain(failed, dataDir, port))
  return {
    url: urlOf(port),
    pid: () => engine?.pid,
    async stop() {
      stopped = true
      clearTimeout(restart)
      await engine?.stop(STOPPING)
    },
  }
}

const urlOf = (port: number) => `http://127.0.0.1:${port}`

function defaultMemoryBytes(): number {
  const limit = process.constrainedMemory()
  const available = limit > 0 && limit < totalmem() ? limit : totalmem()
  return Math.min(available / 2, 4 * 2 ** 30)
}

function explain({ failure, stderr, signal, code }: Exit, dataDir: string, port: number): string {
  if (failure?.code === 'EADDRINUSE') {
    return `port ${port} of 127.0.0.1 is taken: set ports.clickhouse (or PLUMBLINE_PORTS_CLICKHOUSE) to a free port, or to 0 for any`
  }
  const owner = ownerOf(dataDir)
  if (failure && owner !== null) {
    return `the data directory ${dataDir} is in use by process ${owner}: stop it, or set dataDir (or PLUMBLINE_DATA_DIR) to another directory`
  }
  const reason = [failure?.message ?? `ended with ${signal ?? `exit code ${code}`}`, stderr.trim()]
    .filter(Boolean)
    .join('; ')
  return `the embedded ClickHouse engine could not open ${dataDir}: ${reason}`
}

/** The engine locks `status` and writes its process id there; null when no such process runs. */
function ownerOf(dataDir: string): number | null {
  try {
    const pid = Number(/^PID: (\d+)$/m.exec(readFileSync(join(dataDir, 'status'), 'utf8'))?.[1])
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? Number.NaN : null
  }
}
