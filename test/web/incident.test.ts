import { describe, expect, test } from 'vitest'
import { BUSY, minutesAgo, NOW } from './answers.ts'
import { PHONE, textOf, useBrowser } from './browser.ts'
import { maintenance, silence, told } from './overlay-answers.ts'

const { serve, visit } = useBrowser()
const ACKNOWLEDGED = { by: 'ada', at: minutesAgo(1), until: new Date(NOW + 3_600_000).toISOString() }

describe('the page of an incident', () => {
  test('names root cause with confidence, who is affected, its alerts, and who was told or not', async () => {
    await serve(BUSY)
    const page = await visit({ path: '/incidents/inc-1' })
    await page.getByRole('heading', { name: 'Timeline' }).waitFor()
    const text = await textOf(page.locator('main'))
    expect(text).toContain('acme-pay times out, 82% of bad calls')
    expect(text).toContain('high confidence: 82% of 400 failing traces; next is ledger/server_error with 9%')
    expect(text).toContain('checkout and cart via checkout-payments')
    expect(text).toContain('2 alerts')
    expect(text).toContain('PAGE cart-payments burns 633x cart')
    expect(text).toContain('first seen, checkout, 2.00 s')
    const lines = await page.locator('.timeline li > span').allInnerTexts()
    expect(lines).toEqual([
      'desk not told: a page says it already',
      'pager told firing page: it began',
      'Deployed checkout 1.5.0 (was 1.4.2)',
    ])
  })

  test('names the cause that a share and a confidence are about, where it is no longer the pinned one', async () => {
    const site = await serve(BUSY)
    const root = {
      ...{ origin: 'dependency:acme-pay/server_error', share: 0.748, traced: 400, tracedShare: 1 },
      confidence: 'high' as const,
      top: [
        { origin: 'dependency:acme-pay/server_error', share: 0.748 },
        { origin: 'dependency:acme-pay/timeout', share: 0.252 },
      ],
    }
    site.incidents.set('inc-1', { root })
    const page = await visit({ path: '/incidents/inc-1' })
    await page.getByRole('heading', { name: 'Timeline' }).waitFor()
    expect(await textOf(page.locator('main'))).toContain(
      'acme-pay/server_error: high confidence: 74.8% of 400 failing traces; next is acme-pay/timeout with 25.2%',
    )
  })

  test('says who can fix it and what to do first in the words of its messages', async () => {
    const site = await serve(BUSY)
    const answers = {
      forWhom: '',
      howBad: '',
      burn: '',
      budgetLeft: '',
      cause: '',
      whoCanFix: 'quota',
      firstStep: 'reduce the calls to acme-pay',
    }
    site.incidents.set('inc-1', { answers })
    const page = await visit({ path: '/incidents/inc-1' })
    await page.getByText('reduce the calls to acme-pay').waitFor()
    expect(await textOf(page.locator('.facts-large'))).toContain('Can fix it quota owner: payments')
  })

  test('lists burn from the shortest window to the longest, whichever tiers the SLO has', async () => {
    const site = await serve(BUSY)
    const details = BUSY.incidents.find(({ id }) => id === 'inc-1')!.details!
    site.incidents.set('inc-1', { details: { ...details, burnRates: { ...details.burnRates, '70m': 121, '10m': 82 } } })
    const page = await visit({ path: '/incidents/inc-1' })
    const windows = page.locator('section', { hasText: 'Burn by window' }).locator('tbody th')
    await windows.first().waitFor()
    expect(await windows.allInnerTexts()).toEqual(['5m', '10m', '30m', '1h', '70m', '2h', '6h', '1d', '3d'])
  })

  test('is acknowledged by the key a, and given back', async () => {
    const site = await serve(BUSY)
    site.onChange = (path) => {
      site.incidents.set('inc-1', { acknowledgement: path.endsWith('/acknowledge') ? ACKNOWLEDGED : null })
      return undefined
    }
    const page = await visit({ path: '/incidents/inc-1' })
    await page.getByText('Nobody acknowledged it yet').waitFor()
    await page.keyboard.press('a')
    await page.getByText('Acknowledged by ada until').waitFor()
    await page.keyboard.press('a')
    await page.getByText('Nobody acknowledged it yet').waitFor()
    expect(site.changes.map(({ path }) => path)).toEqual([
      '/api/v1/incidents/inc-1/acknowledge',
      '/api/v1/incidents/inc-1/unacknowledge',
    ])
  })

  test('is commented by the key c, in the name that is remembered, and assigned', async () => {
    const site = await serve(BUSY)
    site.onChange = (path, { text, author }) => {
      if (path.endsWith('/comment'))
        site.incidents.set('inc-1', { timeline: [told(1, 'action', 'comment', '', String(text), String(author))] })
      else site.incidents.set('inc-1', { assignee: 'bob' })
      return undefined
    }
    const page = await visit({ path: '/incidents/inc-1' })
    await page.getByLabel('You are').fill('ada')
    await page.getByLabel('You are').blur()
    await page.keyboard.press('c')
    await page.keyboard.type('the provider confirmed it')
    await page.getByRole('button', { name: 'Add comment' }).click()
    await page.getByText('ada commented: the provider confirmed it').waitFor()
    await page.getByRole('button', { name: 'Assign' }).click()
    await page.keyboard.type('bob')
    await page.keyboard.press('Enter')
    await page.getByText('assigned to bob').waitFor()
    expect(site.changes.map(({ body }) => body)).toEqual([
      { text: 'the provider confirmed it', author: 'ada' },
      { assignee: 'bob', author: 'ada' },
    ])
  })

  test('says in lists who took it on', async () => {
    const world = structuredClone(BUSY)
    world.incidents = world.incidents.map((each) => ({ ...each, acknowledgement: ACKNOWLEDGED }))
    await serve(world)
    const page = await visit({ path: '/incidents' })
    await page.getByText('acknowledged by ada').first().waitFor()
    expect(await page.getByText('acknowledged by ada').count()).toBe(2)
  })

  test('is silenced by the SLOs that fire, and says what mutes it', async () => {
    const site = await serve(BUSY)
    site.incidents.set('inc-1', {
      silences: [silence('s1', { comment: 'known since noon' })],
      maintenance: [maintenance('m1', { state: 'active' })],
    })
    const page = await visit({ path: '/incidents/inc-1' })
    const muted = await textOf(page.locator('.muted-by'))
    expect(muted).toContain('Silenced until')
    expect(muted).toContain('by ada: known since noon service="cart"')
    expect(muted).toContain('Maintenance until')
    await page.getByRole('link', { name: 'Silence…' }).click()
    await page.waitForURL(/\/silences\?new=/)
    expect(await page.getByLabel('Matchers').inputValue()).toBe('slo=~"checkout-payments|cart-payments"')
  })

  test('that is over can be commented only', async () => {
    const world = structuredClone(BUSY)
    world.incidents = world.incidents.map((each) => ({ ...each, state: 'resolved', resolvedAt: minutesAgo(2) }))
    await serve(world)
    const page = await visit({ path: '/incidents/inc-1' })
    await page.getByText('It is over').waitFor()
    expect(await page.locator('.people-actions button').allInnerTexts()).toEqual(['Comment'])
  })

  test('without an SLO that burns it has no numbers, and still a story', async () => {
    const world = structuredClone(BUSY)
    world.incidents = world.incidents.map((each) => ({
      ...each,
      details: null,
      slo: '',
      title: 'acme-pay: auth failures',
    }))
    await serve(world)
    const page = await visit({ path: '/incidents/inc-2' })
    await page.getByRole('heading', { level: 1, name: 'acme-pay: auth failures for billing' }).waitFor()
    await page.getByRole('heading', { name: 'Timeline' }).waitFor()
    expect(await page.getByText('Burn by window').count()).toBe(0)
  })

  test('shows acknowledge, cause and affected on a phone without scrolling', async () => {
    await serve(BUSY)
    const page = await visit({ path: '/incidents/inc-1', viewport: PHONE })
    await page.getByText('high confidence').waitFor()
    for (const place of [page.getByRole('button', { name: 'Acknowledge' }), page.getByText('checkout and cart')]) {
      const box = await place.boundingBox()
      expect((box?.y ?? 9_999) + (box?.height ?? 0)).toBeLessThanOrEqual(PHONE.height)
    }
  })
})
