import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const pages = globSync(['*.md', 'docs/*.md', 'deploy/**/*.md', 'dashboards/**/*.md', 'test/**/*.md'], { cwd: ROOT })
  .filter((path) => !path.includes('node_modules') && !path.includes('fixtures'))
  .sort()
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const withoutCode = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')

/** As GitHub makes an anchor of a heading: lower case, words joined by dashes, everything else left out. */
const anchorsOf = (text: string) =>
  new Set(
    [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

const linksOf = (path: string) =>
  [...withoutCode(read(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)

test('there are pages to look at', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/api.md', 'deploy/README.md']))
})

describe.each(pages)('%s', (path) => {
  test('links to files and headings that exist', () => {
    const broken = linksOf(path)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#')
        const place = file === '' ? path : join(dirname(path), file)
        if (!existsSync(join(ROOT, place))) return true
        return anchor !== undefined && !anchorsOf(read(place)).has(anchor)
      })
    expect(broken).toEqual([])
  })

  test('names files of the repository that exist', () => {
    const named = [
      ...read(path).matchAll(
        /`((?:docs|deploy|slos|test|storage|dashboards|cli|integration|collector)\/[\w./-]+\.\w+)`/g,
      ),
    ]
    const missing = named.map(([, file = '']) => file).filter((file) => !existsSync(join(ROOT, file)))
    expect(missing).toEqual([])
  })
})

test('README names every page of docs/', () => {
  const linked = linksOf('README.md')
  for (const page of pages.filter((path) => path.startsWith('docs/'))) expect(linked).toContain(page)
})

describe('the commands of README', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  test.each([...new Set([...read('README.md').matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!))])(
    'npm run %s exists',
    (name) => expect(Object.keys(scripts)).toContain(name),
  )
})
