import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { etag } from 'hono/etag'

/** The built pages of the UI. */
export const WEB_ROOT = join(import.meta.dirname, '../dashboards/web/dist')

/** What a browser may do with any answer of this server. */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.header(name, value)
}

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Plumbline</title>
<h1>The pages are not built yet</h1>
<p>Run <code>npm ci</code> in the project folder, which builds them, and start Plumbline again. The API works without: <a href="/api/v1/slos">/api/v1/slos</a>.</p>
</html>`

/** Paths at which the page shows something, since it routes itself; the same as in dashboards/web/route.ts. */
const PAGES = [/^\/$/, /^\/(slos|incidents|dependencies)(\/[^/]+)?\/?$/, /^\/silences\/?$/, /^\/traces\/[^/]+\/?$/]

/** What looks like a file is no page, not even a missing one. */
const FILE = /^\/assets\/|\.[a-z0-9]+$/i

/**
 * The UI: files of `root`, and its index page for the paths of its pages. A browser that asks for another path gets the
 * page with 404, which says so and leads back; for every other client the path is left to what comes next.
 * Files under `/assets/` carry a hash in their name and never change; all others are checked by ETag.
 */
export function webPages(root: string): Hono {
  const app = new Hono()
  app.use('*', compress())
  app.use('*', etag())
  app.use('*', async (c, next) => {
    await next()
    if (c.res.status < 400) c.header('cache-control', lifetimeOf(c))
  })
  if (existsSync(root)) app.use('*', serveStatic({ root }))
  app.get('*', async (c, next) => {
    const isPage = PAGES.some((page) => page.test(c.req.path))
    if (!isPage && (FILE.test(c.req.path) || !c.req.header('accept')?.includes('text/html'))) return next()
    const page = await readFile(join(root, 'index.html'), 'utf8').catch(() => null)
    if (page !== null) return c.html(page, isPage ? 200 : 404)
    return isPage ? c.html(NOT_BUILT, 503) : next()
  })
  return app
}

const lifetimeOf = (c: Context): string =>
  c.req.path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
