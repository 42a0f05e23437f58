import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asBody, spanJson, T0_NS, traceJson } from './builders.ts'
import { collectorUnderTest, eventually, type UnderTest } from './under-test.ts'

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']

let browser: Browser
/** A site whose pages send; its origin is not the collector's. */
const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'))
let origin = ''
beforeAll(async () => {
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS })
})
afterAll(async () => {
  await browser?.close()
  site.close()
})

const spanAt = (number: number) => asBody(traceJson([spanJson({ startNs: T0_NS + BigInt(number) })])).toString()

async function accepted({ registry }: UnderTest): Promise<number> {
  const line = (await registry.metrics()).match(/records_total\{signal="traces",result="accepted"\} (\d+)/)
  return Number(line?.[1] ?? 0)
}

async function openPage(): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(origin)
  return page
}

/** What the browser has and Node has not. */
interface Beacon {
  sendBeacon(url: string, body: Blob): boolean
}

/** What a page's `fetch` comes to: status and a header that only CORS lets it read, or that it failed. */
const fetchFrom = (page: Page, url: string, body: string) =>
  page.evaluate(
    ([to, text]) =>
      fetch(to!, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text! }).then(
        (response) => `${response.status} ${response.headers.get('retry-after')}`,
        () => 'refused by the browser',
      ),
    [url, body],
  )

test('a page of an allowed origin sends by fetch and by sendBeacon', async () => {
  await using collector = await collectorUnderTest({ settings: { cors: { origins: [origin] } } })
  const page = await openPage()
  expect(await fetchFrom(page, `${collector.url}/v1/traces`, spanAt(1))).toBe('200 null')
  expect(await fetchFrom(page, `${collector.url}/v1/traces`, 'no JSON')).toBe('400 null')
  expect(await accepted(collector)).toBe(1)
  const queued = await page.evaluate(
    ([to, text]) => (navigator as unknown as Beacon).sendBeacon(to!, new Blob([text!], { type: 'application/json' })),
    [`${collector.url}/v1/traces`, spanAt(2)],
  )
  expect(queued).toBe(true)
  await eventually(
    () => accepted(collector),
    (records) => records === 2,
  )
})

test('a page learns when to try again', async () => {
  await using busy = await collectorUnderTest({ maxInFlight: 10, settings: { cors: { origins: [origin] } } })
  expect(await fetchFrom(await openPage(), `${busy.url}/v1/traces`, spanAt(3))).toBe('503 1')
})

test.each([
  ['another origin is allowed', ['https://shop.example']],
  ['no origin is', []],
])('a page cannot send when %s', async (_, origins) => {
  await using collector = await collectorUnderTest({ settings: { cors: { origins } } })
  expect(await fetchFrom(await openPage(), `${collector.url}/v1/traces`, spanAt(4))).toBe('refused by the browser')
  expect(await accepted(collector)).toBe(0)
})
