import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { type BuiltPages, buildPages } from './built-pages.ts'
import { type Site, startSite, type World } from './site.ts'

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const DESKTOP = { width: 1440, height: 900 }
export const PHONE = { width: 390, height: 844 }

interface Visit {
  path?: string
  viewport?: { width: number; height: number }
  theme?: 'light' | 'dark'
  /** Time passes in the page when the test lets it, by `page.clock`. */
  ownClock?: boolean
  /** What the test provokes and the console may therefore name. */
  allow?: RegExp
}

/** What a person reads there, in one line. */
export const textOf = async (place: Locator): Promise<string> =>
  // biome-ignore lint/performance/useDomNodeTextContent: hidden text and missing spaces are what a test must notice
  (await place.innerText()).replace(/\s+/g, ' ').trim()

/**
 * A browser for the tests of a file. Every page is watched: after each test a request to another origin, an error in the
 * console (a refused style or script is one) or an uncaught exception fails that test.
 */
export function useBrowser() {
  let built: BuiltPages
  let browser: Browser
  let site: Site | undefined
  let origin = ''
  let faults: string[] = []
  const opened: Page[] = []

  beforeAll(async () => {
    built = await buildPages()
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS })
  })
  afterAll(async () => {
    await browser?.close()
    await built?.[Symbol.asyncDispose]()
  })
  afterEach(async () => {
    for (const page of opened.splice(0)) await page.context().close()
    await site?.[Symbol.asyncDispose]()
    site = undefined
    origin = ''
    const found = faults
    faults = []
    expect(found).toEqual([])
  })

  const serve = async (world: World): Promise<Site> => {
    site = await startSite(built.root, structuredClone(world))
    origin = site.url
    return site
  }

  const visit = async ({
    path = '/',
    viewport = DESKTOP,
    theme = 'light',
    ownClock = false,
    allow,
  }: Visit = {}): Promise<Page> => {
    if (origin === '') throw new Error('call serve(world) or serveAt(url) before visit()')
    const context = await browser.newContext({ viewport, colorScheme: theme, timezoneId: 'America/New_York' })
    await context.route(
      (url) => url.origin !== origin,
      (route) => {
        faults.push(`request to another origin: ${route.request().url()}`)
        return route.abort()
      },
    )
    const page = await context.newPage()
    page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`))
    page.on('console', (message) => {
      const said = message.type() === 'error' || message.type() === 'warning'
      if (said && !allow?.test(message.text())) faults.push(`console: ${message.text()}`)
    })
    opened.push(page)
    if (ownClock) await page.clock.install()
    await page.goto(origin + path)
    return page
  }

  /** Visits go to a server that the test runs itself. */
  const serveAt = (url: string): void => {
    origin = url
  }

  return { serve, serveAt, visit, root: () => built.root }
}
