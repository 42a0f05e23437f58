import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { webPages } from '../../api/web-pages.ts'
import { matchRoute } from '../../dashboards/web/route.ts'

const PAGE = '<!doctype html><div id="app"></div>'
const SCRIPT = `export const page = '${'x'.repeat(2_000)}'`
let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plumbline-dist-'))
  await mkdir(join(root, 'assets'))
  await writeFile(join(root, 'index.html'), PAGE)
  await writeFile(join(root, 'favicon.svg'), '<svg/>')
  await writeFile(join(root, 'assets', 'main-3fa9.js'), SCRIPT)
  await writeFile(join(root, '..', 'outside.txt'), 'secret')
})
afterAll(() => rm(root, { recursive: true }))

const browser = { headers: { accept: 'text/html,application/xhtml+xml' } }

describe('built pages', () => {
  test.each([
    ['the index', '/', {}, 200, 'text/html', 'no-cache'],
    ['a file', '/favicon.svg', {}, 200, 'image/svg+xml', 'no-cache'],
    [
      'a file with a hash in its name',
      '/assets/main-3fa9.js',
      {},
      200,
      'javascript',
      'public, max-age=31536000, immutable',
    ],
    ['a path of the UI', '/slos/checkout-availability', browser, 200, 'text/html', 'no-cache'],
    ['a path of the UI with a dot', '/dependencies/api.stripe.com', browser, 200, 'text/html', 'no-cache'],
  ])('%s', async (_, path, init, status, type, caching) => {
    const response = await webPages(root).request(path, init)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toContain(type)
    expect(response.headers.get('cache-control')).toBe(caching)
    expect(response.headers.get('etag')).toMatch(/^"/)
  })

  test.each([
    ['a missing file', '/missing.js'],
    ['a missing hashed file, even to a browser', '/assets/old.js'],
    ['a path of no page', '/metrics/sloth'],
    ['another one', '/unknown'],
    ['a path below a page', '/slos/a/b'],
    ['a folder', '/assets/'],
    ['a path upwards', '/..%2foutside.txt'],
    ['another path upwards', '/assets/..%2f..%2foutside.txt'],
  ])('%s is not there', async (_, path) => {
    const response = await webPages(root).request(path, browser)
    expect(await response.text()).not.toContain('secret')
    expect(response.status).toBe(404)
  })

  test.each([
    ['as it is', {}],
    ['compressed', { 'accept-encoding': 'gzip' }],
  ])('what did not change is not sent again, %s', async (_, headers) => {
    const app = webPages(root)
    const path = '/assets/main-3fa9.js'
    const etag = (await app.request(path, { headers })).headers.get('etag') ?? ''
    const again = await app.request(path, { headers: { ...headers, 'if-none-match': etag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  test('scripts are sent compressed to browsers', async () => {
    const path = '/assets/main-3fa9.js'
    const response = await webPages(root).request(path, { headers: { 'accept-encoding': 'gzip, br' } })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(gunzipSync(await response.bytes()).toString()).toBe(SCRIPT)
  })

  test('nothing is taken', async () => {
    expect((await webPages(root).request('/', { method: 'POST' })).status).toBe(404)
  })
})

test('the paths of the page are those at which it shows something', async () => {
  const paths = ['/', '/slos', '/slos/a', '/incidents', '/incidents/a', '/silences', '/silences/a', '/dependencies']
  for (const path of [
    ...paths,
    '/dependencies/a.b',
    '/traces',
    '/traces/0af7',
    '/traces/a/b',
    '/x',
    '/slos/a/b',
    '/Slos',
  ]) {
    const { status } = await webPages(root).request(path)
    expect([path, status]).toEqual([path, matchRoute(path).page === 'notFound' ? 404 : 200])
  }
})

test('before the pages are built a plain page says how', async () => {
  const response = await webPages(join(root, 'nowhere')).request('/slos/a', browser)
  expect(response.status).toBe(503)
  expect(await response.text()).toContain('npm ci')
})
