import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, embeddedServer } from '../../storage/client.ts'
import type { TestDatabase } from '../support/database.ts'

const SLOW_MS = 50

/** A proxy before the engine that can be away or slow, refuse, or lose answers after the engine has done the work. */
export async function switchedEngine(store: Pick<TestDatabase, 'url' | 'database'>) {
  const state = { mode: 'up' as 'up' | 'down' | 'slow' | 'lose-answers' | 'refuse-calls', lost: 0 }
  const proxy = createServer(async (request, response) => {
    if (state.mode === 'down') return void request.socket.destroy()
    if (state.mode === 'slow') await sleep(SLOW_MS)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const query = new URL(request.url!, 'http://x').searchParams.get('query') ?? ''
    if (state.mode === 'refuse-calls' && query.includes('`call_rows`')) {
      response.writeHead(500, { 'x-clickhouse-exception-code': '241' })
      response.end('Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED) (version 26.1.1.1)')
      return
    }
    const headers = { ...(request.headers as Record<string, string>) }
    for (const hop of ['host', 'connection', 'content-length', 'transfer-encoding']) delete headers[hop]
    const answer = await fetch(store.url + request.url, {
      method: request.method!,
      headers,
      body: Buffer.concat(chunks),
    })
    const body = Buffer.from(await answer.arrayBuffer())
    if (state.mode === 'lose-answers' && query.startsWith('INSERT')) {
      state.lost++
      return void request.socket.destroy()
    }
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' })
    response.end(body)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const db = connect({ ...embeddedServer(url), database: store.database })
  return {
    state,
    db,
    async [Symbol.asyncDispose]() {
      await db.close()
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}
