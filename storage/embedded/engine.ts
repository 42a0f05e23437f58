import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { accountFinder, type Doors } from './accounts.ts'
import { openChdb } from './chdb-sessions.ts'
import { engineConfig, usersConfig } from './engine-config.ts'
import type { FromEngine, ToEngine } from './engine-messages.ts'
import { dieOnFatalSignals } from './fatal-signals.ts'
import { openInbox } from './inbox.ts'
import { createLanes, lanesIdle } from './lanes.ts'
import { createNamedSessions } from './named-sessions.ts'
import type { Engine } from './run-work.ts'
import { serve } from './serve.ts'
import { openSpool } from './spool.ts'
import { forgetUnstoredTokens } from './unstored-tokens.ts'

// The embedded engine's process: `engine.ts <data directory> <port> <memory in bytes>`, started by engine-process.ts, which
// sends the secret of the passwords as its first message: arguments are visible to every user of the machine.
const PROBE_MS = 2_000
const ORPHAN_DRAIN_MS = 3_000
/** As in a ClickHouse server, whose clients may put long statements and parameters into the URL. */
const MAX_URL_BYTES = 2 ** 20

function tell(message: FromEngine) {
  if (process.connected) process.send?.(message)
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

async function openEngine(dataDir: string, url: string, memoryBytes: number, doors: Doors): Promise<Engine> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const configFile = join(dataDir, 'engine-config.xml')
  const usersFile = join(dataDir, 'engine-users.xml')
  await writeFile(configFile, engineConfig({ memoryBytes, usersFile }), { mode: 0o600 })
  await writeFile(usersFile, usersConfig({ memoryBytes }), { mode: 0o600 })
  const chdb = await openChdb(dataDir, configFile)
  const session = chdb.openSession()
  await forgetUnstoredTokens(session)
  session.close()
  return {
    chdb,
    spool: await openSpool(join(dataDir, 'spool')),
    inbox: await openInbox(dataDir, url),
    sessions: createNamedSessions(chdb.openSession),
    accountOf: accountFinder(doors),
    lanes: createLanes(memoryBytes),
  }
}

async function stop({ chdb, sessions, lanes }: Engine, server: Server, drainMs: number) {
  server.close()
  server.closeIdleConnections()
  const idle = lanesIdle(lanes)
  await Promise.race([idle, sleep(drainMs, undefined, { ref: false })])
  await chdb.kill('')
  await idle
  sessions.close()
  await chdb.close()
  process.exit(0)
}

async function main([dataDir = '', port = '0', memoryBytes = '0']: string[]) {
  const first = new Promise<Extract<ToEngine, { type: 'open' }>>((resolve) => process.once('message', resolve))
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 0, maxHeaderSize: MAX_URL_BYTES })
  const opening = Promise.withResolvers<Engine>()
  // From the first moment on, so that requests during a restart wait instead of failing.
  server.on('request', async (request, response) => serve(await opening.promise, request, response))
  const actualPort = await listen(server, Number(port))
  const { doors } = await first
  const engine = await openEngine(dataDir, `http://127.0.0.1:${actualPort}`, Number(memoryBytes), doors)
  opening.resolve(engine)

  dieOnFatalSignals()
  // Ctrl-C and service managers signal the whole process group, but the parent may still need the engine: it decides.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
  process.on('message', (message: ToEngine) => {
    if (message.type === 'stop') void stop(engine, server, message.drainMs)
  })
  process.once('disconnect', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 2 * ORPHAN_DRAIN_MS).unref()
    return stop(engine, server, ORPHAN_DRAIN_MS)
  })
  setInterval(() => engine.chdb.probe().then(() => tell({ type: 'alive' })), PROBE_MS)
  tell({ type: 'ready', port: actualPort })
}

main(process.argv.slice(2)).catch((error: NodeJS.ErrnoException) => {
  tell({ type: 'failed', code: error.code ?? '', message: error.message })
  process.exit(1)
})
