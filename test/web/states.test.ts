import { expect, test } from 'vitest'
import { BUSY, CALM, dependency, minutesAgo, slo } from './answers.ts'
import { textOf, useBrowser } from './browser.ts'

const { serve, visit } = useBrowser()

test('old data: a banner says how old, the numbers stay and turn grey', async () => {
  const freshness = { watermark: minutesAgo(18), lastEventAt: minutesAgo(18), coverage: 1 }
  await serve({
    ...CALM,
    slos: [slo('cart-stock', { freshness })],
    dependencies: [dependency('acme-pay', { freshness })],
  })
  const page = await visit()
  const banner = page.getByRole('alert')
  await banner.waitFor()
  expect(await textOf(banner)).toMatch(/^Blind for 18 min\. No complete data after .*UTC: /)
  const row = page.locator('.slo-table tbody tr')
  expect(await textOf(row)).toContain('62%')
  const ink = (selector: string) => page.evaluate(`getComputedStyle(document.querySelector('${selector}')).color`)
  expect(await ink('.slo-table td.number')).toBe('rgb(86, 96, 108)')
})

test('a lost connection shows within 30 s and goes when answers come back', async () => {
  const site = await serve(CALM)
  const page = await visit({ allow: /Failed to load resource/ })
  await page.getByRole('heading', { level: 1, name: 'All 6 promises hold' }).waitFor()
  site.silent = true
  const banner = page.getByText('Connection lost.')
  await banner.waitFor({ timeout: 30_000 })
  expect(await textOf(page.getByRole('heading', { level: 1 }))).toBe('All 6 promises hold')
  site.silent = false
  await banner.waitFor({ state: 'detached', timeout: 15_000 })
}, 60_000)

test('an error before the first answer names the request and offers to try again', async () => {
  const site = await serve(CALM)
  site.broken = /^\/api\/v1\/slos$/
  const page = await visit({ allow: /Failed to load resource.*503/ })
  const failure = page.getByRole('alert')
  await failure.waitFor()
  const text = await textOf(failure)
  expect(text).toContain('The store cannot be read now')
  expect(text).toContain('ClickHouse does not answer')
  expect(text).toContain('GET /api/v1/slos?limit=1000 answered 503')
  site.broken = null
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('heading', { level: 1, name: 'All 6 promises hold' }).waitFor()
})

test('an error after the first answer keeps the numbers and says they are not renewed', async () => {
  const site = await serve(CALM)
  const page = await visit({ allow: /Failed to load resource.*503/ })
  await page.getByRole('heading', { level: 1, name: 'All 6 promises hold' }).waitFor()
  site.broken = /./
  await page.getByText('What you see is the last good answer').waitFor()
  expect(await page.locator('.slo-table tbody tr').count()).toBe(6)
})

test('a token is asked for once, refused when wrong, and kept for the tab', async () => {
  const site = await serve(CALM)
  site.token = 'a-token-of-sixteen'
  const page = await visit({ allow: /Failed to load resource.*401/ })
  const dialog = page.getByRole('dialog', { name: 'This Plumbline asks for a token' })
  await dialog.waitFor()
  await dialog.getByLabel('Token').fill('not-the-right-token')
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await dialog.getByText('That token was not accepted.').waitFor()
  await dialog.getByLabel('Token').fill('a-token-of-sixteen')
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { level: 1, name: 'All 6 promises hold' }).waitFor()
  await dialog.waitFor({ state: 'hidden' })
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'All 6 promises hold' }).waitFor()
  expect(await dialog.isVisible()).toBe(false)
})

test('a hidden tab does not ask', async () => {
  const site = await serve(CALM)
  const page = await visit({ ownClock: true })
  await page.getByRole('heading', { level: 1, name: 'All 6 promises hold' }).waitFor()
  await page.evaluate("Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })")
  await page.waitForLoadState('networkidle')
  const before = site.asked.length
  await page.clock.runFor(60_000)
  await page.waitForLoadState('networkidle')
  expect(site.asked.length).toBe(before)
  await page.evaluate("delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))")
  await expect.poll(() => site.asked.length, { timeout: 5_000 }).toBeGreaterThan(before)
})

test('a slow first answer shows a skeleton in its place', async () => {
  const site = await serve(CALM)
  site.silent = true
  const page = await visit({ allow: /Failed to load resource/ })
  await page.locator('.skeleton-row').first().waitFor()
  expect(await page.getByRole('status', { name: 'Loading' }).isVisible()).toBe(true)
})

test('every answer carries the policy that lets nothing foreign in', async () => {
  const site = await serve(BUSY)
  for (const path of ['/', '/slos/checkout-payments', '/theme.js']) {
    const policy = (await fetch(site.url + path)).headers.get('content-security-policy')
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("object-src 'none'")
  }
})
