import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { T0_NS, traceBody } from './builders.ts'
import { eventually, rowsOf } from './under-test.ts'

const PROCESS = new URL('../bench/collector-process.ts', import.meta.url)
const SENDERS = 4
const KILLS = 4
const SETTINGS = JSON.stringify({ segmentAge: '30ms', segmentBytes: 20_000 })

const bodyOf = (number: number) =>
  traceBody([{ name: `request ${number}`, startNs: T0_NS + BigInt(number), attributes: { 'peer.service': 'x' } }])

test('a collector killed again and again stores every acknowledged request exactly once', async () => {
  await using store = await testDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-kill-'))
  const acknowledged = new Set<number>()
  let next = 0
  let running: ChildProcess | undefined
  /** Sends until the collector is gone; what got no answer is sent again to its successor, as exporters do. */
  const send = async (url: string, pending: Set<number>): Promise<void> => {
    for (;;) {
      const number = pending.values().next().value ?? next++
      pending.add(number)
      try {
        const headers = { 'content-type': 'application/x-protobuf' }
        const response = await fetch(`${url}/v1/traces`, {
          method: 'POST',
          headers,
          body: new Uint8Array(bodyOf(number)),
        })
        await response.arrayBuffer()
        if (response.status !== 200) continue
        acknowledged.add(number)
        pending.delete(number)
      } catch {
        return
      }
    }
  }
  const start = async (): Promise<{ child: ChildProcess; url: string }> => {
    const child = fork(PROCESS, [dataDir, store.url, store.database, SETTINGS], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    running = child
    const [{ otlpHttp }] = (await once(child, 'message')) as [{ otlpHttp: string }]
    return { child, url: otlpHttp }
  }
  const stored = async () =>
    await rowsOf<{ name: string; n: string }>(
      store.db,
      'SELECT SpanName AS name, count() AS n FROM otel_traces GROUP BY name',
    )

  try {
    const pendings = Array.from({ length: SENDERS }, () => new Set<number>())
    for (let kill = 1; kill <= KILLS; kill++) {
      const { child, url } = await start()
      const before = acknowledged.size
      const senders = pendings.map((pending) => send(url, pending))
      await eventually(
        async () => acknowledged.size,
        (size) => size >= before + 50 * kill,
      )
      child.kill('SIGKILL')
      await once(child, 'exit')
      await Promise.all(senders)
    }
    const { child } = await start()
    await eventually(stored, (rows) => rows.length >= acknowledged.size, 60_000)
    child.kill('SIGTERM')
    expect((await once(child, 'exit'))[0]).toBe(0)

    const counts = new Map((await stored()).map(({ name, n }) => [name, Number(n)]))
    expect([...acknowledged].filter((number) => counts.get(`request ${number}`) !== 1)).toEqual([])
    expect([...counts].filter(([, n]) => n !== 1)).toEqual([])
    const [rollup] = await rowsOf<{ n: string }>(store.db, 'SELECT sum(samples) AS n FROM calls_1m')
    expect(Number(rollup!.n)).toBe(counts.size)
  } finally {
    running?.kill('SIGKILL')
    await rm(dataDir, { recursive: true, force: true })
  }
}, 120_000)
