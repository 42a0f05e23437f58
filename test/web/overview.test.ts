import { describe, expect, test } from 'vitest'
import { BUSY, CALM, EMPTY, incident, slo } from './answers.ts'
import { PHONE, textOf, useBrowser } from './browser.ts'

const { serve, visit } = useBrowser()
const rows = '.slo-table tbody tr'

describe('the overview', () => {
  test('opens with one sentence that names the culprit and whom it hurts', async () => {
    await serve(BUSY)
    const page = await visit()
    await page
      .getByRole('heading', { level: 1, name: '1 page and 1 ticket open: acme-pay times out for checkout' })
      .waitFor()
    expect(await page.title()).toBe('(2) Overview · Plumbline')
  })

  test('says that all promises hold when they do', async () => {
    await serve(CALM)
    const page = await visit()
    await page.getByRole('heading', { level: 1, name: 'All 6 promises hold' }).waitFor()
    expect(await page.getByRole('heading', { name: 'Open incidents' }).count()).toBe(0)
  })

  test('changes the sentence when an incident opens, without a reload', async () => {
    const site = await serve(CALM)
    const page = await visit()
    await page.getByRole('heading', { level: 1, name: 'All 6 promises hold' }).waitFor()
    site.world.incidents = [incident('inc-9')]
    await page.getByRole('heading', { level: 1, name: '1 page open: acme-pay times out for checkout' }).waitFor()
  })

  test('keeps the order of the API, the most urgent SLO first', async () => {
    await serve(BUSY)
    const page = await visit()
    await page.locator(rows).first().waitFor()
    const names = await page
      .locator(`${rows} th`)
      .evaluateAll((cells) => cells.map((cell) => cell.firstChild?.textContent))
    expect(names).toEqual(BUSY.slos.map(({ name }) => name))
  })

  test('shows an overspent budget as a negative number with the word, far beyond −100 % too', async () => {
    await serve(BUSY)
    const page = await visit()
    const cell = page.locator(rows, { hasText: 'search-suggest' }).locator('.cell-budget')
    await cell.waitFor()
    expect(await textOf(cell)).toBe('−322% overspent')
  })

  test('shows no data as a dash, neither 0 nor 100 %', async () => {
    await serve(BUSY)
    const page = await visit()
    const row = page.locator(rows, { hasText: 'mail-delivery' })
    await row.waitFor()
    const text = await textOf(row)
    expect(text).toContain('No data')
    expect(text.match(/–/g)).toHaveLength(4)
    expect(text).not.toMatch(/\b(0|100)%/)
  })

  test('draws the burn-down of every SLO that has one, from its history', async () => {
    await serve(BUSY)
    const page = await visit()
    await page.getByRole('img', { name: 'Burn-down over 30d: −35% of the budget left' }).waitFor()
    await page.getByRole('img', { name: 'Burn-down over 7d: 18% of the budget left' }).waitFor()
    expect(await page.locator(rows, { hasText: 'mail-delivery' }).getByRole('img').count()).toBe(0)
  })

  test('tells about an incident what the person on call asks first', async () => {
    await serve(BUSY)
    const page = await visit()
    const card = page.getByRole('article').filter({ hasText: 'checkout-payments burns' })
    await card.waitFor()
    const text = await textOf(card)
    expect(text).toContain('PAGE')
    expect(text).toContain('acme-pay times out, 82% of bad calls')
    expect(text).toMatch(/since \d\d:\d\d UTC · 39 min|since \d+ \w+ \d\d:\d\d UTC · 39 min/)
    expect(text).toContain('634× of 14.4×')
    expect(text).toContain('4bf92f35…')
    expect(await card.getByRole('link', { name: 'Open ↗' }).getAttribute('href')).toBe(
      'https://runbooks.example/acme-pay',
    )
  })

  test('says of each cause its own share: of the one that is pinned, and of the one that is measured by now', async () => {
    const suspect = { dependency: 'acme-pay', outcome: 'server_error', bad: 748, share: 0.748 }
    await serve({ ...BUSY, incidents: [incident('inc-1', { details: { suspect } })] })
    const page = await visit()
    const card = page.getByRole('article').filter({ hasText: 'checkout-payments burns' })
    await card.waitFor()
    const text = await textOf(card)
    expect(text).toContain('acme-pay times out; now acme-pay answers with server errors, 74.8% of bad calls')
  })

  test('names how a dependency fails, who can mend it and what to do', async () => {
    await serve(BUSY)
    const page = await visit()
    const tile = page.getByRole('listitem').filter({ hasText: 'acme-pay' })
    await tile.waitFor()
    const text = await textOf(tile)
    expect(text).toContain('Failing')
    expect(text).toContain('57.5% failing of 21,402 calls, theirs to mend')
    expect(text).toContain('timeout. Shorten timeouts')
  })

  test('says what to do next while no SLO has data, and shows the SLOs', async () => {
    await serve({ ...CALM, slos: [slo('a-silent', { remaining: null, status: 'no_data' })], dependencies: [] })
    const page = await visit()
    await page.getByRole('heading', { level: 1, name: 'No promise can be judged yet' }).waitFor()
    await page.getByText('1. Send telemetry').waitFor()
    await page.getByRole('link', { name: 'a-silent' }).waitFor()
  })

  test('says what to do next when there is nothing yet', async () => {
    await serve(EMPTY)
    const page = await visit()
    await page.getByRole('heading', { level: 1, name: 'Nothing is measured yet' }).waitFor()
    const text = await textOf(page.locator('main'))
    expect(text).toContain('OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318')
    expect(text).toContain('npm run demo')
    expect(text).toContain('apiVersion: openslo/v1')
  })

  test('shows a screenful of SLOs and links to the rest', async () => {
    await serve({ ...CALM, slos: Array.from({ length: 60 }, (_, n) => slo(`s-${n}`)) })
    const page = await visit()
    await page.getByRole('link', { name: 'All 60 SLOs' }).click()
    await page.getByRole('heading', { level: 1, name: '60 SLOs' }).waitFor()
    expect(await page.locator(rows).count()).toBe(60)
  })

  test('asks for the history of rows on screen only', async () => {
    const site = await serve({ ...CALM, slos: Array.from({ length: 300 }, (_, n) => slo(`s-${n}`)) })
    const page = await visit({ path: '/slos' })
    await page
      .getByRole('img', { name: /Burn-down/ })
      .first()
      .waitFor()
    const asked = new Set(site.asked.filter((url) => url.includes('/history')))
    expect(asked.size).toBeGreaterThan(5)
    expect(asked.size).toBeLessThan(60)
  })
})

describe.each(['/', '/slos', '/slos/checkout-payments', '/incidents/inc-1', '/dependencies/acme-pay', '/incidents'])(
  'on a phone %s',
  (path) => {
    test('fits 390 px without sideways scrolling', async () => {
      await serve(BUSY)
      const page = await visit({ path, viewport: PHONE })
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle')
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width)
    })
  },
)

test('on a phone, severity, cause, victim, since when, burn, first step and runbook show without scrolling', async () => {
  await serve(BUSY)
  const page = await visit({ path: '/incidents/inc-1', viewport: PHONE })
  for (const text of [
    'PAGE',
    'acme-pay times out for checkout',
    'since ',
    '634×',
    'First step',
    'runbooks.example ↗',
  ]) {
    const box = await page.getByText(text).first().boundingBox()
    expect(box && box.y + box.height, text).toBeLessThan(PHONE.height)
  }
})
