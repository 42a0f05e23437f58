import { expect, test } from 'vitest'
import { BUSY } from './answers.ts'
import { useBrowser } from './browser.ts'

const { serve, visit } = useBrowser()
const GROUND = { light: 'rgb(255, 255, 255)', dark: 'rgb(17, 22, 28)' }
const ground = 'getComputedStyle(document.body).backgroundColor'

test.each(['light', 'dark'] as const)('follows the system: %s', async (theme) => {
  await serve(BUSY)
  const page = await visit({ theme })
  await page.getByRole('button', { name: 'Theme: Auto' }).waitFor()
  expect(await page.evaluate(ground)).toBe(GROUND[theme])
})

test('the switch sticks over a reload, against the system', async () => {
  await serve(BUSY)
  const page = await visit({ theme: 'light' })
  await page.getByRole('button', { name: 'Theme: Auto' }).click()
  await page.getByRole('button', { name: 'Theme: Light' }).click()
  await page.getByRole('button', { name: 'Theme: Dark' }).waitFor()
  expect(await page.evaluate(ground)).toBe(GROUND.dark)
  await page.reload()
  await page.getByRole('button', { name: 'Theme: Dark' }).waitFor()
  expect(await page.evaluate(ground)).toBe(GROUND.dark)
})

test('a chosen theme is set before anything is drawn', async () => {
  await serve(BUSY)
  const page = await visit({ theme: 'light' })
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.keyboard.press('t')
  await page.keyboard.press('t')
  await page.getByRole('button', { name: 'Theme: Dark' }).waitFor()
  // Without the application's own script only what runs before the first paint is left.
  await page.route(/\/assets\/.*\.js$/, (route) => route.fulfill({ contentType: 'text/javascript', body: '' }))
  await page.reload()
  expect(await page.locator('header').count()).toBe(0)
  expect(await page.evaluate(ground)).toBe(GROUND.dark)
})
