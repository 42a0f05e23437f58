import { describe, expect, test } from 'vitest'
import { BUSY, detailOf, slo, TRACE_ID } from './answers.ts'
import { textOf, useBrowser } from './browser.ts'

const { serve, visit } = useBrowser()
/** What the browser itself says about an answer the test provokes. */
const LOUD_404 = /Failed to load resource.*404/

describe('the page of an SLO', () => {
  test('shows objective, budget, burn per tier and its incidents', async () => {
    await serve(BUSY)
    const page = await visit({ path: '/slos/checkout-payments' })
    await page.getByRole('heading', { level: 1, name: 'checkout-payments' }).waitFor()
    await page.getByRole('heading', { name: 'Incidents' }).waitFor()
    const text = await textOf(page.locator('main'))
    expect(text).toContain('−35% overspent 134.2% spent, 1,623 bad of 1,210 allowed')
    expect(text).toContain('99.9% rolling 30d, occurrences')
    expect(text).toContain('already spent')
    expect(text).toContain('checkout-payments burns 633x')
    const tiers = await page.locator('.burn-table tbody tr').allInnerTexts()
    expect(tiers.map((tier) => tier.replace(/\s+/g, ' ').trim())).toEqual([
      'PAGE 14.40× 1h 634× 5m 950× above',
      'PAGE 6.00× 6h 106× 30m 950× above',
      'TICKET 3.00× 1d 26.80× 2h 317× above',
      'TICKET 1.00× 3d 9.20× 6h 106× above',
    ])
  })

  test('draws the burn-down of the whole window beside an even spend, and gives the numbers as a table', async () => {
    await serve(BUSY)
    const page = await visit({ path: '/slos/checkout-payments' })
    const chart = page.getByRole('img', { name: 'Budget left over time' })
    await chart.getByText('even spend').waitFor()
    expect(await textOf(page.locator('.readout'))).toContain('−35%')
    await page.getByText('As a table').click()
    await page.locator('.history-table tbody tr').first().waitFor()
    expect(await page.locator('.history-table tbody tr').count()).toBe(240)
  })

  test('keeps a chosen range in the address, and the back button undoes it', async () => {
    const site = await serve(BUSY)
    const page = await visit({ path: '/slos/checkout-payments' })
    await page.getByRole('link', { name: '6h' }).click()
    await page.waitForURL(`${site.url}/slos/checkout-payments?from=now-6h`)
    await page.getByRole('heading', { name: 'Budget left in the 30d window ending at each point' }).waitFor()
    expect(await page.getByText('even spend').count()).toBe(0)
    await page.goBack()
    await page.getByText('even spend').waitFor()
  })

  test('zooms into a stretch dragged over a chart', async () => {
    await serve(BUSY)
    const page = await visit({ path: '/slos/checkout-payments' })
    const chart = page.getByRole('img', { name: 'Budget left over time' })
    await page.getByText('even spend').waitFor()
    const box = await chart.boundingBox()
    if (!box) throw new Error('the chart has no size')
    await page.mouse.move(box.x + 300, box.y + 100)
    await page.mouse.down()
    await page.mouse.move(box.x + 500, box.y + 100, { steps: 4 })
    await page.mouse.up()
    await page.waitForURL(/from=.+&to=.+/)
    const { searchParams } = new URL(page.url())
    const days = (Date.parse(searchParams.get('to') ?? '') - Date.parse(searchParams.get('from') ?? '')) / 86_400_000
    expect(days).toBeGreaterThan(2)
    expect(days).toBeLessThan(15)
  })

  test('tells why a definition was refused, in which line, and that the last good one stays', async () => {
    const site = await serve(BUSY)
    const refused = slo('checkout-tax', { status: 'invalid' })
    site.details.set(
      'checkout-tax',
      detailOf(refused, {
        refused: true,
        problems: [
          {
            severity: 'error',
            layer: 'schema',
            file: 'slos/checkout.yaml',
            line: 12,
            path: 'spec.objectives[0].target',
            code: 'target-out-of-range',
            message: 'a target of 1 leaves no budget',
            hint: 'write 0.999',
          },
        ],
      }),
    )
    const page = await visit({ path: '/slos/checkout-tax' })
    const notice = page.locator('.notice', { hasText: 'refused' })
    await notice.waitFor()
    const text = await textOf(notice)
    expect(text).toContain('the last good one stays in force')
    expect(text).toContain('slos/checkout.yaml:12 spec.objectives[0].target a target of 1 leaves no budget write 0.999')
  })

  test('a window that is still filling begins where its data begins', async () => {
    const site = await serve(BUSY)
    site.dataSince = Date.now() - 3 * 3_600_000
    const page = await visit({ path: '/slos/checkout-tax' })
    await page.getByText(/^Nothing was measured before .* UTC: the window is still filling\.$/).waitFor()
    await page.getByText('As a table').click()
    await page.locator('.history-table tbody tr').first().waitFor()
    const steps = await page.locator('.history-table tbody tr').count()
    const stepMinutes = Number(/\+ (\d)m/.exec(await textOf(page.locator('.readout')))?.[1])
    expect(Math.abs(steps * stepMinutes - 180)).toBeLessThanOrEqual(4)
  })

  test('names similar SLOs when there is none of that name', async () => {
    await serve(BUSY)
    const page = await visit({ path: '/slos/checkout-paymnets', allow: LOUD_404 })
    await page.getByRole('heading', { level: 1, name: 'No SLO is named checkout-paymnets' }).waitFor()
    await page.getByRole('link', { name: 'checkout-payments' }).click()
    await page.getByRole('heading', { level: 1, name: 'checkout-payments' }).waitFor()
  })
})

test('from the overview to an incident, its trace and its dependency, by links alone', async () => {
  await serve(BUSY)
  const page = await visit()
  await page.getByRole('link', { name: 'checkout-payments burns 633x: acme-pay times out' }).click()
  await page.getByRole('heading', { level: 1, name: 'acme-pay times out for checkout' }).waitFor()
  await page.getByText('incident opened').waitFor()
  await page.getByRole('link', { name: TRACE_ID }).click()
  await page.getByRole('heading', { level: 1, name: 'acme-pay times out' }).waitFor()
  const spans = await page.locator('.waterfall tbody th').allInnerTexts()
  expect(spans.map((name) => name.trim())).toEqual(['POST /buy', 'SELECT stock', 'charge', 'POST to acme-pay'])
  await page.locator('.waterfall').getByRole('link', { name: 'acme-pay' }).click()
  await page.getByRole('heading', { level: 1, name: 'acme-pay' }).waitFor()
  const text = await textOf(page.locator('main'))
  expect(text).toContain('57.5% 12,311 of 21,402')
  expect(text).toContain('The dependency is overloaded')
  expect(text).toContain('checkout 19,000 12,240 64.4%')
})

test('a dependency whose name holds dots opens by its address', async () => {
  await serve(BUSY)
  const page = await visit({ path: '/dependencies/tax.example.com' })
  await page.getByRole('heading', { level: 1, name: 'tax.example.com' }).waitFor()
})

test('an address that is no page says so and leads back', async () => {
  await serve(BUSY)
  // The browser notes the status of the document: 404.
  const page = await visit({ path: '/nothing/here', allow: /status of 404/ })
  await page.getByRole('heading', { level: 1, name: 'There is no page /nothing/here' }).waitFor()
  await page.getByRole('link', { name: 'Back to the overview' }).click()
  await page.getByRole('heading', { name: 'SLOs by urgency' }).waitFor()
})

test('times carry their zone, UTC unless local is chosen, and the choice sticks', async () => {
  await serve(BUSY)
  const page = await visit()
  const freshness = page.locator('.freshness time')
  await freshness.waitFor()
  expect(await textOf(freshness)).toMatch(/\d\d:\d\d:\d\d UTC$/)
  await page.getByRole('button', { name: 'Time zone: UTC' }).click()
  await page.getByRole('button', { name: 'Time zone: Local' }).waitFor()
  expect(await textOf(freshness)).toMatch(/\d\d:\d\d:\d\d (GMT-[45]|E[SD]T)$/)
  await page.reload()
  await page.getByRole('button', { name: 'Time zone: Local' }).waitFor()
})
