import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openChdb } from './chdb-sessions.ts'
import { engineConfig } from './engine-config.ts'
import type { FromEngine, ToEngine } from './engine-messages.ts'
import { serve } from './serve.ts'
import { createSlots } from './slots.ts'
import { openSpool } from './spool.ts'

// The embedded engine's process: `engine.ts <data directory> <port> <memory in bytes>`, started by embedded.ts.
const [dataDir = '', port = '0', memoryBytes = '0'] = process.argv.slice(2)

function tell(message: FromEngine) {
  if (process.connected) process.send?.(message)
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(Number(port), '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

async function main() {
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 0 })
  const actualPort = await listen(server)
  await mkdir(dataDir, { recursive: true })
  const configFile = join(dataDir, 'plumbline-engine.xml')
  await writeFile(configFile, engineConfig({ memoryBytes: Number(memoryBytes) }))
  const chdb = await openChdb(dataDir, configFile)
  const front = {
    chdb,
    spool: await openSpool(join(dataDir, 'spool')),
    reads: createSlots(6, 256),
    writes: createSlots(4, 256),
  }
  server.on('request', (request, response) => void serve(front, request, response))

  let stopping = false
  async function stop() {
    if (stopping) return
    stopping = true
    server.close()
    server.closeIdleConnections()
    await Promise.all([front.reads.idle(), front.writes.idle()])
    await chdb.close()
    process.exit(0)
  }
  process.on('message', (message: ToEngine) => void (message.type === 'stop' && stop()))
  process.on('disconnect', () => void stop())
  // After the engine is open, since it installs handlers of its own. Ctrl-C reaches the whole process group: the parent decides.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => void stop())
  tell({ type: 'ready', port: actualPort })
}

main().catch((error: NodeJS.ErrnoException) => {
  tell({ type: 'failed', code: error.code ?? '', message: error.message })
  process.exit(1)
})
