import { describe, expect, test } from 'vitest'
import { PHONE, textOf, useBrowser } from './browser.ts'
import { KIND_DETAILS, KINDS, WARNING } from './slo-answers.ts'

const { serve, visit } = useBrowser()

async function open(name: string, viewport?: typeof PHONE) {
  const site = await serve(KINDS)
  for (const [key, detail] of KIND_DETAILS) site.details.set(key, detail)
  const page = await visit({ path: `/slos/${encodeURIComponent(name)}`, ...(viewport && { viewport }) })
  await page.getByRole('heading', { name: 'The same promise by each budgeting method' }).waitFor()
  return page
}

describe('the list', () => {
  test('says of a young definition how much is measured, and how many things look broken', async () => {
    await serve(KINDS)
    const page = await visit({ path: '/slos' })
    const row = page.locator('.slo-table tbody tr', { hasText: 'pay-young' })
    await row.waitFor()
    const text = await textOf(row)
    expect(text).toContain('history measured to 42%')
    expect(text).toContain('2 warnings')
    expect(await page.locator('.doubt').count()).toBe(2)
  })

  test('names a further objective after its document, and draws an error bar where counts are sampled', async () => {
    await serve(KINDS)
    const page = await visit({ path: '/slos' })
    await page.getByRole('link', { name: 'checkout-pay:fast' }).waitFor()
    expect(await page.locator('.budget-error').count()).toBe(1)
    expect(await page.locator('tr', { hasText: 'mail-sampled' }).locator('.budget-error.is-weak').count()).toBe(1)
  })
})

describe('the page', () => {
  test('of a young definition tells progress, and what looks broken with its likely cause and near miss', async () => {
    const page = await open('pay-young')
    const warnings = await textOf(page.locator('.notice', { hasText: '2 things look broken' }))
    expect(warnings).toContain(`N${WARNING.message.slice(1)} ${WARNING.hint}`)
    const measuring = page.locator('.notice', { hasText: 'History is being measured' })
    expect(await textOf(measuring)).toMatch(/43% back to \d+ \w+ .* UTC, measured from \d+ \w+ .* UTC on$/)
    const bar = measuring.getByRole('progressbar', { name: 'Measured of pay-young-answered' })
    expect(await bar.getAttribute('value')).toBe('0.43')
  })

  test('of a calendar window tells its end, the estimate for all of it as one, and the even spend', async () => {
    const page = await open('cart-month')
    await page.getByText('even spend').waitFor()
    const facts = await textOf(page.locator('.facts-large'))
    expect(facts).toContain('70% spent, 847 bad of 1,210 allowed')
    expect(facts).toContain('≈ 51% of the whole period’s, estimated from 1,209,600 events if traffic goes on')
    expect(facts).toContain('periods of Europe/Berlin')
    expect(facts).toMatch(/lasts until the period ends, \d+ \w+ \d\d:\d\d UTC/)
    await page.getByRole('heading', { name: /^Budget left in the period to \d+ \w+/ }).waitFor()
    expect(await textOf(page.locator('.readout'))).toContain('budget left 30%')
    await page.getByText('As a table').click()
    const rows = page.locator('.history-table tbody tr')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(21 * 8 + 1)
  })

  test('tells who began the budget anew, what is left out and why, and the numbers both ways', async () => {
    const page = await open('billing-adjusted')
    const section = page.locator('section', { has: page.getByRole('heading', { name: 'Left out of the budget' }) })
    const text = await textOf(section)
    expect(text).toMatch(/Reset \d+ \w+ \d\d:\d\d UTC by ada: moved to the new ledger/)
    expect(text).toContain('1 h 30 min: provider upgrade, by ada')
    expect(text).toContain('and 2 times before, 4 h in all')
    expect(text).toContain('Official 99.94% 40% 720')
    expect(text).toContain('With all of it 99.70% −298% 3,600')
    expect(await textOf(page.locator('.facts-large'))).toContain('−298% without what is left out')
    await page.getByRole('img', { name: 'Budget left over time' }).getByText('budget reset').waitFor()
    expect(await page.getByText('even spend').count()).toBe(0)
  })

  test('with sampled counts tells the intervals, marked weak, and what low traffic does to tiers', async () => {
    const page = await open('mail-sampled')
    const facts = await textOf(page.locator('.facts-large'))
    expect(facts).toContain('−17% to 57% (95% interval)')
    expect(facts).toContain('99.88% to 99.95%, from sampled calls: weak')
    const limits = await textOf(page.locator('.limits'))
    expect(limits).toContain('over the SLO window 0.8×, 95% interval 0.43× to 1.17×; weak: fewer than ten bad events')
    expect(limits).toContain('the 1h window holds fewer than the 2,000 events a verdict needs')
    expect(limits).toContain('The shortest total outage that is told: 52 s as a page and 5 min as a ticket')
  })

  test('of slices counts slices, and their time', async () => {
    const page = await open('search-slices')
    const facts = await textOf(page.locator('.facts-large'))
    expect(facts).toContain('52 bad slices of 86 allowed: 4 h 19 min of 7 h 12 min')
    expect(facts).toContain('8,588 good of 8,640 slices of 5m')
    expect(facts).toContain('rolling 30d, timeslices of 5m at 95%')
  })

  test('of a composite lists its parts, and names those without data', async () => {
    const page = await open('shop-journey')
    const section = page.locator('section', { has: page.getByRole('heading', { name: 'Made of 3 parts' }) })
    const text = await textOf(section)
    expect(text).toContain('What the parts spent of their budgets adds up, each times its weight.')
    expect(text).toContain('Without data: stock feed. It adds nothing to the whole.')
    const rows = await section.locator('tbody tr').allInnerTexts()
    expect(rows.map((row) => row.replace(/\s+/g, ' ').trim())).toEqual([
      'login 403,200 events 0.5 99.9% 99.95% 49.6%',
      'pay 403,200 events, coverage 97.3% 2 99.9% 99.88% 120%',
      'stock feed no events 1 99.9% – –',
    ])
    expect(await textOf(page.locator('.facts-large'))).not.toContain('allowed')
  })

  test('sets the three methods side by side, each with its meaning, its own marked', async () => {
    const page = await open('search-slices')
    const rows = await page.locator('.methods-table tbody tr').allInnerTexts()
    expect(rows.map((row) => row.replace(/\s+/g, ' ').trim())).toEqual([
      'Occurrences Every event weighs the same: busy hours weigh most. 99.90% 0.2%',
      'Timeslices · judges this SLO Time weighs the same: a slice of 5m is good when 95% of its events are. 50.00% −49,900% overspent',
      'Ratio timeslices Every slice of 5m weighs the same, and counts by its share of good events. 75.00% −24,900% overspent',
    ])
  })

  test('of one of several objectives leads to the others', async () => {
    const page = await open('checkout-pay:fast')
    const objectives = page.getByRole('navigation', { name: 'Objectives of checkout-pay' })
    expect(await textOf(objectives)).toBe('One of 2 objectives of checkout-pay Answers 99.9% fast 99%')
    await objectives.getByRole('link', { name: 'Answers 99.9%' }).click()
    await page.getByRole('heading', { level: 1, name: 'Answers' }).waitFor()
  })

  test('of a plain SLO shows none of this', async () => {
    const page = await open('checkout-pay')
    for (const heading of ['Left out of the budget', /^Made of/, /look.* broken/, 'History is being measured'])
      expect(await page.getByRole('heading', { name: heading }).count()).toBe(0)
    expect(await page.locator('.budget-error, .doubt').count()).toBe(0)
  })

  test.each(KINDS.slos.map(({ name }) => name))('of %s fits a phone', async (name) => {
    const page = await open(name, PHONE)
    await page.waitForLoadState('networkidle')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width)
  })
})
