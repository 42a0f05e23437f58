import { type FileHandle, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inMemory, scanSegment } from '../../collector/segment/scan.ts'
import { SPAN_ID, T0_NS, TRACE_ID, traceBody, traceEnvelope } from './builders.ts'
import { collectorUnderTest, type UnderTest } from './under-test.ts'
import { double, fixed64, hex, len } from './wire.ts'

let spans = 0
const freshBody = () => traceBody([{ startNs: T0_NS + BigInt(++spans) }])

/** What is on disk, by file. */
async function segmentsOf({ dataDir }: UnderTest) {
  const folder = join(dataDir, 'segments')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.segment')).sort()
  return Promise.all(names.map(async (name) => scanSegment(inMemory(await readFile(join(folder, name))))))
}

const framesOf = async (collector: UnderTest) => (await segmentsOf(collector)).flatMap(({ frames }) => frames)

describe('an acknowledged request', () => {
  test('is whole on disk when the answer comes', async () => {
    await using collector = await collectorUnderTest({ settings: { segmentAge: '1h' } })
    for (let sent = 1; sent <= 5; sent++) {
      expect((await collector.post(freshBody())).status).toBe(200)
      expect(await framesOf(collector)).toHaveLength(sent)
    }
  })

  test('shares a sync with those that came meanwhile', async () => {
    let syncs = 0
    const openFile = async (path: string, flags: string): Promise<FileHandle> => {
      const handle = await open(path, flags)
      const datasync = handle.datasync.bind(handle)
      handle.datasync = async () => {
        syncs++
        await new Promise((resolve) => setTimeout(resolve, 20))
        await datasync()
      }
      return handle
    }
    await using collector = await collectorUnderTest({ settings: { segmentAge: '1h' }, openFile })
    await Promise.all(Array.from({ length: 40 }, () => collector.post(freshBody())))
    expect(await framesOf(collector)).toHaveLength(40)
    expect(syncs).toBeGreaterThan(0)
    expect(syncs).toBeLessThan(40)
  })

  test('is not synced with durability none', async () => {
    let syncs = 0
    const openFile = async (path: string, flags: string): Promise<FileHandle> => {
      const handle = await open(path, flags)
      handle.datasync = async () => void syncs++
      return handle
    }
    await using collector = await collectorUnderTest({ settings: { durability: 'none' }, openFile })
    expect((await collector.post(freshBody())).status).toBe(200)
    expect(syncs).toBe(0)
  })
})

describe('segments', () => {
  test('are sealed at segmentBytes', async () => {
    await using collector = await collectorUnderTest({ settings: { segmentAge: '1h', segmentBytes: 3000 } })
    for (let i = 0; i < 30; i++) await collector.post(freshBody())
    const segments = await segmentsOf(collector)
    expect(segments.length).toBeGreaterThan(3)
    expect(segments.flatMap(({ frames }) => frames)).toHaveLength(30)
  })

  test('touch at most 40 days, however many the requests touch together', async () => {
    await using collector = await collectorUnderTest({ settings: { segmentAge: '1h' } })
    const dayNs = 86_400_000_000_000n
    const bodies = Array.from({ length: 9 }, (_, i) =>
      traceBody(Array.from({ length: 15 }, (_, j) => ({ startNs: T0_NS + BigInt(i * 15 + j) * dayNs }))),
    )
    const replies = await Promise.all(bodies.map((body) => collector.post(body)))
    expect(replies.map(({ status }) => status)).toEqual(Array(9).fill(200))
    const perSegment = (await segmentsOf(collector)).map(({ frames }) => frames.length)
    expect(perSegment.reduce((sum, count) => sum + count, 0)).toBe(9)
    expect(Math.max(...perSegment)).toBe(2)
  })

  test('hold no frame for a request without records', async () => {
    await using collector = await collectorUnderTest({ settings: { segmentAge: '1h' } })
    await collector.post('')
    await collector.post(traceBody([{ traceId: '' }]))
    expect(await segmentsOf(collector)).toEqual([])
  })
})

describe('a disk that fails', () => {
  /** Files of this disk take `room` bytes, then answer ENOSPC. */
  function smallDisk(disk: { room: number; failSync: boolean }) {
    const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    return async (path: string, flags: string): Promise<FileHandle> => {
      if (disk.room <= 0) throw full()
      const handle = await open(path, flags)
      const write = handle.write.bind(handle)
      const limited = async (bytes: Buffer, at: number, from: number, length: number) => {
        if (disk.room <= 0) throw full()
        const fits = Math.min(length, disk.room)
        disk.room -= fits
        return write(bytes, at, fits, from)
      }
      handle.write = ((bytes: Buffer, at: number, length: number, from: number) =>
        limited(bytes, at, from, length)) as unknown as FileHandle['write']
      handle.writev = (async (buffers: Buffer[], from: number) =>
        limited(Buffer.concat(buffers), 0, from, Buffer.concat(buffers).length)) as unknown as FileHandle['writev']
      const datasync = handle.datasync.bind(handle)
      handle.datasync = async () => {
        if (disk.failSync) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
        await datasync()
      }
      return handle
    }
  }

  test('ENOSPC is 503 with Retry-After, and the collector recovers by itself', async () => {
    const disk = { room: 4000, failSync: false }
    await using collector = await collectorUnderTest({ settings: { segmentAge: '1h' }, openFile: smallDisk(disk) })
    expect((await collector.post(freshBody())).status).toBe(200)
    disk.room = 100
    const body = freshBody()
    const refused = await collector.post(body)
    expect(refused.status).toBe(503)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await collector.post(freshBody())).status).toBe(503)
    disk.room = 1_000_000
    expect((await collector.post(body)).status).toBe(200)
    const frames = await framesOf(collector)
    expect(frames).toHaveLength(2)
    expect(new Set(frames.map(({ digest }) => digest.toString('hex'))).size).toBe(2)
  })

  test('a failed sync is 503, and what was written with it does not count', async () => {
    const disk = { room: 1_000_000, failSync: false }
    await using collector = await collectorUnderTest({ settings: { segmentAge: '1h' }, openFile: smallDisk(disk) })
    expect((await collector.post(freshBody())).status).toBe(200)
    disk.failSync = true
    const body = freshBody()
    expect((await collector.post(body)).status).toBe(503)
    expect(await framesOf(collector)).toHaveLength(1)
    disk.failSync = false
    expect((await collector.post(body)).status).toBe(200)
    expect(await framesOf(collector)).toHaveLength(2)
  })

  test('maxDisk reached is 503, not ready, and nothing is lost', async () => {
    await using collector = await collectorUnderTest({ settings: { maxDisk: 6000, segmentAge: '1h' } })
    const statuses: number[] = []
    for (let i = 0; i < 20; i++) statuses.push((await collector.post(freshBody())).status)
    const accepted = statuses.filter((status) => status === 200).length
    expect(accepted).toBeGreaterThan(0)
    expect(statuses.at(-1)).toBe(503)
    expect(await framesOf(collector)).toHaveLength(accepted)
  })
})

describe('identical requests', () => {
  test('count once, one after the other and at the same time', async () => {
    await using collector = await collectorUnderTest({ settings: { segmentAge: '1h' } })
    const body = freshBody()
    const replies = await Promise.all(Array.from({ length: 10 }, () => collector.post(body)))
    replies.push(await collector.post(body))
    expect(replies.map(({ status }) => status)).toEqual(Array(11).fill(200))
    expect(await framesOf(collector)).toHaveLength(1)
    expect(await collector.registry.metrics()).toContain('records_total{signal="traces",result="duplicate"} 10')
  })

  test('get the same answer', async () => {
    await using collector = await collectorUnderTest()
    const body = Buffer.concat([freshBody(), traceBody([{ traceId: '' }])])
    const [first, second] = [await collector.post(body), await collector.post(body)]
    expect(first.body.length).toBeGreaterThan(10)
    expect(second.body).toEqual(first.body)
  })

  test('of another signal are not the same', async () => {
    await using collector = await collectorUnderTest({ settings: { segmentAge: '1h' } })
    // A span with ids and start time whose name happens to be a gauge: the fields of both messages are alike.
    const gauge = len(1, fixed64(3, T0_NS), double(4, 1))
    const body = traceEnvelope([Buffer.concat([hex(1, TRACE_ID), hex(2, SPAN_ID), fixed64(7, T0_NS), len(5, gauge)])])
    expect((await collector.post(body)).status).toBe(200)
    expect((await collector.post(body, { path: '/v1/metrics' })).status).toBe(200)
    expect(await framesOf(collector)).toHaveLength(2)
  })

  test('are recognised after a restart with the segment still waiting', async () => {
    await using first = await collectorUnderTest({ settings: { segmentAge: '1h' } })
    const body = freshBody()
    await first.post(body)
    await first.stop()
    await using second = await collectorUnderTest({ dataDir: first.dataDir })
    expect((await second.post(body)).status).toBe(200)
    expect(await framesOf(second)).toHaveLength(1)
  })

  test('of a refused first try are taken', async () => {
    await using collector = await collectorUnderTest({ settings: { maxDisk: 10 } })
    const body = freshBody()
    expect((await collector.post(body)).status).toBe(503)
    expect((await collector.post(body)).status).toBe(503)
  })
})

test.runIf(process.platform === 'linux')('a second collector on the same folder refuses to start', async () => {
  await using first = await collectorUnderTest()
  await expect(collectorUnderTest({ dataDir: first.dataDir })).rejects.toThrow(/is in use by another collector/)
  await first.stop()
  await using second = await collectorUnderTest({ dataDir: first.dataDir })
  expect((await second.post(freshBody())).status).toBe(200)
})

test('stopping answers requests in work and leaves everything on disk', async () => {
  await using collector = await collectorUnderTest({ settings: { segmentAge: '1h' } })
  const replies = Promise.all(Array.from({ length: 20 }, () => collector.post(freshBody()).catch(() => null)))
  await new Promise((resolve) => setTimeout(resolve, 5))
  await collector.stop()
  const accepted = (await replies).filter((reply) => reply?.status === 200).length
  expect(await framesOf(collector)).toHaveLength(accepted)
  await expect(fetch(`${collector.url}/healthz`)).rejects.toThrow()
})
