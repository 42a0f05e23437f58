import { describe, expect, test } from 'vitest'
import { BUSY } from './answers.ts'
import { PHONE, textOf, useBrowser } from './browser.ts'
import { maintenance, silence } from './overlay-answers.ts'
import { problem } from './site.ts'

const { serve, visit } = useBrowser()

/** What the browser itself says about an answer the test provokes. */
const LOUD = /Failed to load resource.*40\d/

describe('the page of silences', () => {
  test('says what is in force and what comes next', async () => {
    const site = await serve(BUSY)
    site.silences = [silence('s1'), silence('s2', { state: 'pending', text: 'slo="x"' })]
    site.maintenance = [maintenance('m1')]
    const page = await visit({ path: '/silences' })
    await page.getByRole('heading', { level: 1, name: '1 silence in force' }).waitFor()
    const text = await textOf(page.locator('main'))
    expect(text).toContain('service="cart" Active until')
    expect(text).toContain('waits for the new client ada')
    expect(text).toContain('dependency acme-pay; environment prod')
    expect(text).toContain('FREQ=WEEKLY;BYDAY=SU')
    expect(text).toContain('not told out of budgets weekly upgrade bob in overlays.yaml')
  })

  test('fits a phone: tables scroll in their own place', async () => {
    const site = await serve(BUSY)
    site.silences = [silence('s1', { text: 'slo="billing-ledger-latency-of-a-long-name", severity="ticket"' })]
    site.maintenance = [maintenance('m1')]
    const page = await visit({ path: '/silences', viewport: PHONE })
    await page.getByRole('heading', { name: 'Maintenance' }).waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width)
  })

  test('makes a silence, signed by the name that is remembered', async () => {
    const site = await serve(BUSY)
    const page = await visit({ path: '/silences' })
    await page.getByRole('button', { name: 'New silence' }).click()
    await page.getByLabel('Matchers').fill('service="cart"\nseverity=ticket')
    await page.getByRole('combobox', { name: 'For' }).selectOption('1d')
    await page.getByLabel('Your name').fill('ada')
    await page.getByLabel('Why').fill('upgrade')
    site.onChange = () => {
      site.silences = [silence('s1')]
      return undefined
    }
    await page.getByRole('button', { name: 'Silence', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: '1 silence in force' }).waitFor()
    expect(site.changes).toEqual([
      {
        method: 'POST',
        path: '/api/v1/silences',
        body: { matchers: ['service="cart"', 'severity=ticket'], duration: '1d', comment: 'upgrade', createdBy: 'ada' },
      },
    ])
    await page.getByRole('button', { name: 'New silence' }).click()
    expect(await page.getByLabel('Your name').inputValue()).toBe('ada')
  })

  test('says why a silence was refused, and keeps what was typed', async () => {
    const site = await serve(BUSY)
    site.onChange = () => problem(400, 'A parameter is wrong', 'this would match everything')
    const page = await visit({ path: '/silences?new=service%3D~%22.*%22', allow: LOUD })
    await page.getByLabel('Why').fill('x')
    await page.getByRole('button', { name: 'Silence', exact: true }).click()
    await page.getByText('this would match everything').waitFor()
    expect(await page.getByLabel('Matchers').inputValue()).toBe('service=~".*"')
  })

  test('a token that may only read is told so', async () => {
    const site = await serve(BUSY)
    site.onChange = () => problem(403, 'Not allowed', 'The token viewer lacks the scope write')
    site.silences = [silence('s1')]
    const page = await visit({ path: '/silences', allow: LOUD })
    await page.getByRole('button', { name: 'End service="cart"' }).click()
    await page.getByRole('button', { name: 'Really end service="cart"' }).click()
    await page.getByText('it needs the scope “write”').waitFor()
  })

  test('ends a silence after a second press', async () => {
    const site = await serve(BUSY)
    site.silences = [silence('s1')]
    site.onChange = () => {
      site.silences = []
      return undefined
    }
    const page = await visit({ path: '/silences' })
    await page.getByRole('button', { name: 'End service="cart"' }).click()
    expect(site.changes).toEqual([])
    await page.getByRole('button', { name: 'Really end service="cart"' }).click()
    await page.getByRole('heading', { level: 1, name: 'Nothing is silenced' }).waitFor()
    expect(site.changes).toMatchObject([{ method: 'DELETE', path: '/api/v1/silences/s1' }])
  })

  test('plans maintenance, once and repeating', async () => {
    const site = await serve(BUSY)
    const page = await visit({ path: '/silences' })
    const plan = page.getByRole('button', { name: 'Plan', exact: true })
    await page.getByRole('button', { name: 'Plan maintenance' }).click()
    await page.getByLabel('Services').fill('checkout, cart')
    await page.getByLabel('From (UTC)').fill('2026-03-02T12:00')
    await page.getByLabel('To (UTC)').fill('2026-03-02T14:00')
    await page.getByLabel('Leave its time out').check()
    await page.getByLabel('Why (needed)').fill('upgrade')
    await plan.click()
    await plan.waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: 'Plan maintenance' }).click()
    await page.getByLabel('Dependencies').fill('acme-pay')
    await page.getByLabel('When').selectOption('cron')
    await page.getByRole('textbox', { name: 'Cron' }).fill('30 2 * * 0')
    await page.getByLabel('Time zone', { exact: true }).fill('Europe/Berlin')
    await page.getByRole('textbox', { name: 'For' }).fill('2h')
    await page.getByLabel('Look at it again on').fill('2027-01-01')
    await plan.click()
    await plan.waitFor({ state: 'hidden' })
    const scope = { services: [], slos: [], dependencies: [], environments: [] }
    expect(site.changes.map(({ body }) => body)).toEqual([
      {
        scope: { ...scope, services: ['checkout', 'cart'] },
        schedule: { from: '2026-03-02T12:00:00Z', to: '2026-03-02T14:00:00Z' },
        suppress: true,
        excludeFromBudget: true,
        reason: 'upgrade',
      },
      {
        scope: { ...scope, dependencies: ['acme-pay'] },
        schedule: { cron: '30 2 * * 0', timeZone: 'Europe/Berlin', duration: '2h' },
        suppress: true,
        excludeFromBudget: false,
        reason: '',
        reviewAt: '2027-01-01T00:00:00Z',
      },
    ])
  })
})
