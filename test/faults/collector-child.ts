import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestDatabase } from '../support/database.ts'

const PROCESS = new URL('./collector-process.ts', import.meta.url)

/** A collector in a process of its own: it can die without the test, and its memory is its own. */
export interface CollectorChild extends AsyncDisposable {
  url: string
  /** `http://host:port` of OTLP/gRPC. */
  grpc: string
  dataDir: string
  isAlive(): boolean
  /** Heap and buffers held after a garbage collection, bytes. */
  heldBytes(): Promise<number>
  /** Everything it wrote to standard error. */
  log(): string
}

/** Starts one on `folder`, or on a data directory of its own that disposing removes. */
export async function collectorChild(
  store: Pick<TestDatabase, 'url' | 'database'>,
  settings: object,
  folder?: string,
): Promise<CollectorChild> {
  const dataDir = folder ?? (await mkdtemp(join(tmpdir(), 'plumbline-faults-')))
  const child = fork(PROCESS, [dataDir, store.url, store.database, JSON.stringify(settings)], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr?.on('data', (chunk) => (stderr += chunk))
  const first = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => null)])
  if (first === null) throw new Error(`the collector did not start: ${stderr}`)
  const [{ otlpHttp, otlpGrpc }] = first as [{ otlpHttp: string; otlpGrpc: string }]
  return {
    url: otlpHttp,
    grpc: otlpGrpc,
    dataDir,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async heldBytes() {
      child.send('memory')
      const [{ heldBytes }] = (await once(child, 'message')) as [{ heldBytes: number }]
      return heldBytes
    },
    log: () => stderr,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      if (folder === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}
