import { describe, expect, test } from 'vitest'
import { BUSY } from './answers.ts'
import { useBrowser } from './browser.ts'
import { problem } from './site.ts'

const { serve, visit } = useBrowser()
const SLO = BUSY.slos[0]!.name
const RESET = { slo: SLO, at: '2026-02-03T04:05:00.000Z', reason: 'provider changed', by: 'bob' }

async function open(allow?: RegExp) {
  const page = await visit({ path: `/slos/${encodeURIComponent(SLO)}`, ...(allow && { allow }) })
  await page.getByRole('button', { name: 'Reset the budget…' }).click()
  return page
}

describe('a budget begins anew by hand', () => {
  test('with a reason, after a second press that says what it means', async () => {
    const site = await serve(BUSY)
    site.resets = [RESET]
    site.onChange = (_path, body) => {
      site.resets = [{ ...RESET, at: '2026-03-01T00:00:00.000Z', reason: String(body.reason), by: 'ada' }, RESET]
      return undefined
    }
    const page = await open()
    const section = page.locator('section', { hasText: 'A new start' })
    await section.getByText('by bob: provider changed').waitFor()
    await page.locator('input[name=reason]:focus').waitFor()
    await page.getByLabel('Why').fill('agreed after the outage')
    await page.getByLabel('Your name').fill('ada')
    await page.getByLabel('Your name').press('Enter')
    await page.getByText('it cannot be undone').waitFor()
    expect(site.changes).toEqual([])
    await page.getByRole('button', { name: 'Really reset' }).click()
    await section.getByText('by ada: agreed after the outage').waitFor()
    expect(site.changes).toEqual([
      {
        method: 'POST',
        path: `/api/v1/slos/${encodeURIComponent(SLO)}/budget-resets`,
        body: { reason: 'agreed after the outage', by: 'ada' },
      },
    ])
    await page.getByText('within seconds').waitFor()
  })

  test('what is changed after the first press is asked again, and a time is sent as UTC', async () => {
    const site = await serve(BUSY)
    const page = await open()
    await page.getByLabel('Why').fill('x')
    await page.getByRole('button', { name: 'Reset', exact: true }).click()
    await page.getByRole('button', { name: 'Really reset' }).waitFor()
    await page.getByLabel('From (UTC)').fill('2026-01-02T03:04')
    await page.getByRole('button', { name: 'Reset', exact: true }).click()
    await page.getByRole('button', { name: 'Really reset' }).click()
    await page.getByRole('button', { name: 'Reset the budget…' }).waitFor()
    expect(site.changes.map(({ body }) => body)).toEqual([{ reason: 'x', at: '2026-01-02T03:04:00Z' }])
  })

  test('a refusal says why and keeps what was typed', async () => {
    const site = await serve(BUSY)
    site.onChange = () => problem(400, 'A parameter is wrong', 'at: a budget cannot begin anew in the future')
    const page = await open(/Failed to load resource.*400/)
    await page.getByLabel('Why').fill('x')
    await page.getByRole('button', { name: 'Reset', exact: true }).click()
    await page.getByRole('button', { name: 'Really reset' }).click()
    await page.getByText('a budget cannot begin anew in the future').waitFor()
    expect(await page.getByLabel('Why').inputValue()).toBe('x')
  })
})
