import { expect, test } from 'vitest'
import { CALM, incident, slo } from './answers.ts'
import { PHONE, useBrowser } from './browser.ts'

const { serve, visit } = useBrowser()
const LONG = `checkout-${'a-name-that-somebody-made-by-a-template-'.repeat(5)}end`
const MANY = [
  slo(LONG, { displayName: `${'Ein langer Name '.repeat(12)}ohneeinenEinzigenUmbruch${'x'.repeat(120)}` }),
  ...Array.from({ length: 999 }, (_, n) => slo(`service-${n}-availability`)),
]

test('a thousand SLOs: all are listed, and only the burn-downs somebody sees are asked for', async () => {
  const site = await serve({ ...CALM, slos: MANY })
  const page = await visit({ path: '/slos' })
  await page.getByRole('heading', { level: 1, name: '1,000 SLOs' }).waitFor()
  expect(await page.locator('.slo-table tbody tr').count()).toBe(1_000)
  const asksFor = (name: string) => site.asked.some((url) => url.includes(`/slos/${name}/history`))
  await expect.poll(() => asksFor('service-0-availability'), { timeout: 15_000 }).toBe(true)
  expect(asksFor('service-998-availability')).toBe(false)
  await page.getByRole('link', { name: 'service-998-availability' }).scrollIntoViewIfNeeded()
  await expect.poll(() => asksFor('service-998-availability'), { timeout: 15_000 }).toBe(true)
  expect(asksFor('service-500-availability')).toBe(false)
})

test.each(['/', '/slos', '/incidents', `/slos/${LONG}`, '/incidents/inc-1'])(
  'names without a place to break fit a phone at %s',
  async (path) => {
    const open = incident('inc-1', {
      slo: LONG,
      service: LONG,
      title: `${LONG} burns 633x`,
      rootCause: `service:${LONG}/failing`,
    })
    await serve({ ...CALM, slos: MANY.slice(0, 3), incidents: [open] })
    const page = await visit({ path, viewport: PHONE })
    await page.getByText('checkout-a-name').first().waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width)
  },
)
