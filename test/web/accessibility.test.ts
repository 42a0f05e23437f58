import axe from 'axe-core'
import { describe, expect, test } from 'vitest'
import { BUSY, EMPTY, TRACE_ID } from './answers.ts'
import { PHONE, useBrowser } from './browser.ts'
import { maintenance, silence } from './overlay-answers.ts'
import { KIND_DETAILS, KINDS } from './slo-answers.ts'

const { serve, visit } = useBrowser()

interface Finding {
  id: string
  impact: string
  nodes: { target: string[]; failureSummary: string }[]
}

const PATHS = [
  '/',
  '/slos',
  '/slos/checkout-payments',
  '/incidents',
  '/incidents/inc-1',
  '/silences?new=service%3D%22cart%22',
  '/dependencies',
  '/dependencies/acme-pay',
  `/traces/${TRACE_ID}`,
]

async function findings(page: Awaited<ReturnType<typeof visit>>): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate('axe.run(document)')) as { violations: Finding[] }
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${impact} ${id}: ${target.join(' ')} ${failureSummary}`),
  )
}

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  test.each(PATHS)('%s has no finding of axe', async (path) => {
    const site = await serve(BUSY)
    site.silences = [silence('s1'), silence('s2', { state: 'pending' })]
    site.maintenance = [maintenance('m1')]
    site.incidents.set('inc-1', { silences: [silence('s1')], assignee: 'bob' })
    const page = await visit({ path, theme })
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('networkidle')
    expect(await findings(page)).toEqual([])
  })

  test.each(['/', '/slos/checkout-payments', '/incidents/inc-1', '/silences'])(
    '%s has none on a phone',
    async (path) => {
      await serve(BUSY)
      const page = await visit({ path, theme, viewport: PHONE })
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle')
      expect(await findings(page)).toEqual([])
    },
  )

  test.each(KINDS.slos.map(({ name }) => `/slos/${encodeURIComponent(name)}`))('%s has no finding', async (path) => {
    const site = await serve(KINDS)
    for (const [name, detail] of KIND_DETAILS) site.details.set(name, detail)
    const page = await visit({ path, theme })
    await page.getByRole('heading', { name: 'The same promise by each budgeting method' }).waitFor()
    await page.waitForLoadState('networkidle')
    expect(await findings(page)).toEqual([])
  })

  test('a list of every kind of SLO has no finding', async () => {
    await serve(KINDS)
    const page = await visit({ path: '/slos', theme })
    await page.locator('.doubt').first().waitFor()
    await page.waitForLoadState('networkidle')
    expect(await findings(page)).toEqual([])
  })

  test('the empty state and the list of keys have none either', async () => {
    await serve(EMPTY)
    const page = await visit({ theme, viewport: PHONE })
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    expect(await findings(page)).toEqual([])
  })
})

test('a target to press is at least 24 px high', async () => {
  await serve(BUSY)
  const page = await visit({ viewport: PHONE })
  await page.getByRole('heading', { level: 1 }).waitFor()
  const small = await page
    .locator('button:visible, nav a:visible, input:visible')
    .evaluateAll((nodes) =>
      nodes.filter((node) => node.getBoundingClientRect().height < 24).map((node) => node.outerHTML),
    )
  expect(small).toEqual([])
})
