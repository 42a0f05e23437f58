import { expect, test } from 'vitest'
import { spanBytes, T0_NS, traceEnvelope } from '../collector/builders.ts'
import { GrpcClient } from '../collector/grpc-client.ts'
import { findBelow } from '../support/processes.ts'
import { eventually, start, workplace } from './plumbline.ts'

test('OTLP/gRPC is where the ready line says, and there again after the collector was killed', async () => {
  using place = workplace({})
  const plumbline = await start(place.configPath)
  try {
    const { host, port } = new URL(plumbline.otlpGrpc)
    expect(host).toBe(`127.0.0.1:${port}`)
    using client = new GrpcClient(plumbline.otlpGrpc)
    const send = (number: number) => client.call(traceEnvelope([spanBytes({ startNs: T0_NS + BigInt(number) })]))
    expect((await send(1)).code).toBe('OK')
    const before = findBelow(plumbline.pid, '--role collector')
    process.kill(before!.pid, 'SIGKILL')
    await eventually('another collector runs', () => {
      const now = findBelow(plumbline.pid, '--role collector')
      return now && now.pid !== before!.pid
    })
    await eventually('it takes calls at the same address', async () => (await send(2)).code === 'OK')
  } finally {
    expect(await plumbline.stop()).toBe(0)
  }
})
