import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { connect } from '../../storage/client.ts'
import { signalBelow } from '../support/processes.ts'
import { eventually, start, workplace } from './plumbline.ts'

const SPANS_PER_REQUEST = 20
const SENDERS = 4

const kill = (root: number, what: string) => signalBelow(root, what, 'SIGKILL')

function body(spanIds: string[]): string {
  const now = Date.now()
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'streamer' } }] },
        scopeSpans: [
          {
            spans: spanIds.map((spanId) => ({
              traceId: randomBytes(16).toString('hex'),
              spanId,
              name: 'GET',
              kind: 3,
              startTimeUnixNano: `${now}000000`,
              endTimeUnixNano: `${now + 5}000000`,
              attributes: [
                { key: 'http.request.method', value: { stringValue: 'GET' } },
                { key: 'url.full', value: { stringValue: 'https://api.example/items' } },
                { key: 'http.response.status_code', value: { intValue: '200' } },
              ],
            })),
          },
        ],
      },
    ],
  })
}

test('engine and collector are killed with -9 while spans stream in: every acknowledged span is stored exactly once', {
  timeout: 180_000,
}, async () => {
  using place = workplace({})
  const plumbline = await start(place.configPath)
  const acknowledged = new Set<string>()
  const refusals: number[] = []
  let sending = true

  // Each sender repeats a request until it is acknowledged, as an OTLP exporter does: same bytes, new attempt.
  const sender = async () => {
    while (sending) {
      const ids = Array.from({ length: SPANS_PER_REQUEST }, () => randomBytes(8).toString('hex'))
      const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: body(ids) }
      for (;;) {
        const response = await fetch(`${plumbline.otlpHttp}/v1/traces`, request).catch(() => null)
        if (response?.status === 200) {
          for (const id of ids) acknowledged.add(id)
          break
        }
        if (response) refusals.push(response.status)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }
  const senders = Array.from({ length: SENDERS }, sender)

  const more = async (what: string) => {
    const before = acknowledged.size
    await eventually(`spans are acknowledged ${what}`, () => acknowledged.size > before + 500)
  }
  await more('at first')
  kill(plumbline.pid, 'embedded/engine')
  await more('while the engine is away')
  await eventually('the engine is back', async () => (await fetch(`${plumbline.clickhouse}/ping`)).ok)
  await more('with the engine back')
  kill(plumbline.pid, '--role collector')
  await more('with the collector back')
  kill(plumbline.pid, 'embedded/engine')
  kill(plumbline.pid, '--role collector')
  await more('after both were killed at once')
  sending = false
  await Promise.all(senders)

  const db = connect(plumbline.store)
  const stored = async (table: string, column: string) => {
    const result = await db.query({
      query: `SELECT ${column} AS id, toUInt32(count()) AS n FROM ${table} GROUP BY id`,
      format: 'JSONEachRow',
    })
    return new Map((await result.json<{ id: string; n: number }>()).map(({ id, n }) => [id, n]))
  }
  for (const [table, column] of [
    ['otel_traces', 'SpanId'],
    ['calls', 'span_id'],
  ] as const) {
    const rows = await eventually(`everything acknowledged is in ${table}`, async () => {
      const found = await stored(table, column)
      return [...acknowledged].every((id) => found.has(id)) && found
    })
    expect([...rows.values()].filter((n) => n !== 1)).toEqual([])
    expect(rows.size).toBe(acknowledged.size)
  }
  const rolled = await db.query({ query: 'SELECT toUInt32(sum(samples)) AS n FROM calls_1m', format: 'JSONEachRow' })
  expect((await rolled.json<{ n: number }>())[0]?.n).toBe(acknowledged.size)
  expect(refusals.filter((status) => status !== 503)).toEqual([])
  await db.close()
  expect(await plumbline.stop()).toBe(0)
})
