import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'yaml'
import type { Server } from '../../storage/client.ts'
import { LONG_RETENTION } from '../support/long-retention.ts'

const COMMAND = join(import.meta.dirname, '../../cli/plumbline.js')

export interface Running {
  otlpHttp: string
  otlpGrpc: string
  api: string
  clickhouse: string
  /** The embedded store, as a tool of this machine reaches it. */
  store: Server
  /** Everything written to standard error so far. */
  log(): string
  pid: number
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>
  get<T>(path: string): Promise<T>
}

/** A folder with a configuration and SLO files, as a user would have it; all ports free ones. Disposing removes it. */
export function workplace(config: Record<string, unknown>, slos: Record<string, string> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-e2e-'))
  const sloDir = join(dir, 'slos')
  const configPath = join(dir, 'plumbline.yaml')
  const writeSlo = (name: string, text: string) => writeFileSync(join(sloDir, name), text)
  mkdirSync(sloDir)
  for (const [name, text] of Object.entries(slos)) writeSlo(name, text)
  const ports = { otlpHttp: 0, otlpGrpc: 0, api: 0, clickhouse: 0 }
  writeFileSync(
    configPath,
    stringify({ dataDir: join(dir, 'data'), sloDir, ports, retention: LONG_RETENTION, ...config }),
  )
  return {
    dir,
    configPath,
    writeSlo,
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** Runs the command to its end: what it said and how it ended. */
export async function run(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

interface HowToLaunch {
  /** Options of Node. */
  node?: string[]
  /** A process group of its own, so that a test can signal all of it. */
  detached?: boolean
}

/** Starts the command and waits until it says it is ready; `stop` sends SIGTERM and resolves to the exit code. */
async function launch(args: string[], env: Record<string, string>, { node = [], detached = false }: HowToLaunch = {}) {
  const child = spawn(process.execPath, [...node, COMMAND, 'start', '--json', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const addresses = await readyLine(child, () => stderr)
  const stop = async (whom: 'one' | 'all' = 'one') => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    process.kill(whom === 'all' ? -child.pid! : child.pid!, 'SIGTERM')
    const [code] = (await once(child, 'exit')) as [number | null]
    return code
  }
  return {
    addresses,
    log: () => stderr,
    pid: child.pid as number,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

/** One role alone, against the ClickHouse of its configuration. */
export const startRole = (role: 'collector' | 'evaluator' | 'api', configPath: string) =>
  launch(['--role', role, '--config', configPath], {})

/** As under a Node that cannot run the sources: the command looks for the bundled one. */
export const startWithOlderNode = (configPath: string) => {
  const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })"
  return launch(
    ['--config', configPath],
    {},
    {
      node: ['--import', `data:text/javascript,${encodeURIComponent(older)}`],
    },
  )
}

/** As a service manager does: all processes are a group of their own. */
export const startAsGroup = (configPath: string) => launch(['--config', configPath], {}, { detached: true })

/** Starts Plumbline as `npm start` does. */
export async function start(configPath: string, env: Record<string, string> = {}): Promise<Running> {
  const { addresses, ...running } = await launch(['--config', configPath], env)
  const { otlpHttp = '', otlpGrpc = '', api = '', clickhouse = '' } = addresses
  return {
    ...running,
    otlpHttp,
    otlpGrpc,
    api,
    clickhouse,
    store: storeOf(addresses),
    async get<T>(path: string) {
      const response = await fetch(`${api}${path}`)
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as T
    },
  }
}

interface Addresses {
  otlpHttp?: string
  otlpGrpc?: string
  api?: string
  clickhouse?: string
  clickhouseHeaders?: Record<string, string>
}

const storeOf = ({ clickhouse = '', clickhouseHeaders = {} }: Addresses): Server => ({
  url: clickhouse,
  username: clickhouseHeaders['X-ClickHouse-User'] ?? '',
  password: clickhouseHeaders['X-ClickHouse-Key'] ?? '',
  database: 'plumbline',
})

function readyLine(child: ChildProcess, log: () => string): Promise<Addresses> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.includes('"event":"ready"')) resolve(JSON.parse(line))
    })
    child.once('exit', (code) => reject(new Error(`plumbline ended with code ${code} before it was ready:\n${log()}`)))
  })
}

/** Asks again until `read` gives something, or the test's own time is over. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  withinMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + withinMs
  let last: unknown
  while (Date.now() < deadline) {
    try {
      const value = await read()
      if (value) return value
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`${what} did not happen${last ? `; last error: ${last}` : ''}`)
}
