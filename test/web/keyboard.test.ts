import { expect, test } from 'vitest'
import { BUSY } from './answers.ts'
import { textOf, useBrowser } from './browser.ts'

const { serve, visit } = useBrowser()

test.each([
  ['s', '/slos', '6 SLOs'],
  ['i', '/incidents', '2 incidents open'],
  ['m', '/silences', 'Nothing is silenced'],
  ['d', '/dependencies', '2 of 4 dependencies are well'],
])('g %s goes to %s', async (key, path, heading) => {
  const site = await serve(BUSY)
  const page = await visit()
  await page.getByRole('heading', { name: 'SLOs by urgency' }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press(key)
  await page.waitForURL(site.url + path)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  await page.waitForURL(`${site.url}/`)
})

test('? lists the keys and Esc closes the list', async () => {
  await serve(BUSY)
  const page = await visit()
  await page.getByRole('heading', { name: 'SLOs by urgency' }).waitFor()
  await page.keyboard.press('?')
  const help = page.getByRole('dialog', { name: 'Keyboard' })
  await help.waitFor()
  expect(await textOf(help)).toContain('Search or filter')
  await page.keyboard.press('Escape')
  await help.waitFor({ state: 'hidden' })
})

test('/ filters the lists, in the address too; Enter goes to the first match; Esc clears it', async () => {
  const site = await serve(BUSY)
  const page = await visit()
  const rows = page.locator('.slo-table tbody tr')
  await rows.nth(5).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('ledger')
  await page.waitForURL(`${site.url}/?q=ledger`)
  expect(await rows.count()).toBe(1)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${site.url}/slos/billing-ledger-latency`)
  await page.goBack()
  await page.waitForURL(`${site.url}/?q=ledger`)
  await page.keyboard.press('Escape')
  await page.waitForURL(`${site.url}/`)
  expect(await rows.count()).toBe(6)
})

test('letters typed into the filter are text, not shortcuts', async () => {
  const site = await serve(BUSY)
  const page = await visit()
  await page.getByRole('heading', { name: 'SLOs by urgency' }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('gst?')
  await page.waitForURL(`${site.url}/?q=gst%3F`)
  expect(await page.getByRole('dialog').count()).toBe(0)
  expect(await page.getByText('Nothing matches “gst?”').first().isVisible()).toBe(true)
})

test('Tab reaches the content first, then pages and rows, each with a visible ring', async () => {
  await serve(BUSY)
  const page = await visit()
  await page.locator('.slo-table tbody tr').first().waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Skip to the content')
  const reached: string[] = []
  for (let n = 0; n < 40 && !reached.includes('checkout-payments'); n += 1) {
    await page.keyboard.press('Tab')
    reached.push(String(await page.evaluate('document.activeElement.textContent.trim()')))
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).not.toBe('none')
  }
  expect(reached).toContain('Dependencies')
  expect(reached).toContain('checkout-payments')
})
