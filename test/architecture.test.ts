import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Who may import whom: folder → folders and packages. `*` is everything; a folder may always import itself. */
const ALLOWED: Record<string, { folders: string[]; packages: string[] }> = {
  time: { folders: [], packages: ['temporal-polyfill'] },
  pattern: { folders: [], packages: ['re2js'] },
  slo: {
    folders: ['integration', 'time', 'pattern'],
    packages: ['zod', 'temporal-polyfill', 'rrule-temporal', 'croner'],
  },
  integration: { folders: ['slo', 'pattern'], packages: ['zod'] },
  storage: { folders: ['slo', 'integration'], packages: ['@clickhouse/client', 'chdb', 'yaml', 'zod', 'node:*'] },
  runtime: { folders: ['time', 'pattern'], packages: ['*'] },
  collector: { folders: ['integration', 'storage', 'runtime'], packages: ['*'] },
  evaluator: { folders: ['slo', 'integration', 'storage', 'runtime'], packages: ['*'] },
  api: { folders: ['slo', 'integration', 'storage', 'runtime'], packages: ['*'] },
  'dashboards/web': { folders: ['api', 'slo', 'integration'], packages: ['*'] },
  'dashboards/grafana': { folders: ['slo', 'integration', 'storage'], packages: ['*'] },
  deploy: { folders: [], packages: ['*'] },
  cli: { folders: ['*'], packages: ['*'] },
}
const TYPES_ONLY = ['dashboards/web']
const SQL_FOLDERS = ['storage', 'dashboards/grafana', 'test']

interface Import {
  specifier: string
  typeOnly: boolean
}

const IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm

function importsOf(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '')
  return [...code.matchAll(IMPORT)].map((match) => ({
    specifier: (match[2] ?? match[3]) as string,
    typeOnly: match[1] !== undefined,
  }))
}

const folderOf = (path: string): string | undefined =>
  Object.keys(ALLOWED).find((folder) => path === folder || path.startsWith(`${folder}/`)) ?? path.split('/')[0]

/** Every import that the table forbids, as `file → import: why`. */
function violations(files: Map<string, string>): string[] {
  return [...files].flatMap(([path, source]) => {
    const folder = folderOf(path)
    const rule = folder === undefined ? undefined : ALLOWED[folder]
    if (!folder || !rule) return []
    return importsOf(source).flatMap(({ specifier, typeOnly }) => {
      if (specifier.startsWith('.')) {
        const target = folderOf(relative(ROOT, join(ROOT, dirname(path), specifier)))
        if (target === folder || target === undefined) return []
        if (target === 'package.json')
          return folder === 'runtime' ? [] : [`${path} → ${specifier}: the version is in runtime/version.ts`]
        if (target === 'cli' || target === 'test') return [`${path} → ${specifier}: nothing imports ${target}`]
        if (!rule.folders.includes('*') && !rule.folders.includes(target))
          return [`${path} → ${specifier}: ${folder} may not import ${target}`]
        if (TYPES_ONLY.includes(folder) && !typeOnly) return [`${path} → ${specifier}: ${folder} may import types only`]
        return []
      }
      const allowed = rule.packages.some(
        (name) =>
          name === '*' ||
          specifier === name ||
          specifier.startsWith(`${name}/`) ||
          (name === 'node:*' && specifier.startsWith('node:')),
      )
      if (!allowed) return [`${path} → ${specifier}: ${folder} may not use this package`]
      if (builtinModules.includes(specifier)) return [`${path} → ${specifier}: say node:${specifier}`]
      return []
    })
  })
}

/** A clock or the environment where only arguments are allowed. */
function impurities(files: Map<string, string>): string[] {
  return [...files].flatMap(([path, source]) =>
    /^(slo|integration|time)\//.test(path) &&
    /\bDate\.now\(|new Date\(\)|\bprocess\.|\bconsole\.|Math\.random\(/.test(source)
      ? [`${path}: reads the outside world`]
      : [],
  )
}

/** The environment read outside the one file that may. */
function environmentReads(files: Map<string, string>): string[] {
  return [...files].flatMap(([path, source]) =>
    /\bprocess\.env\b/.test(source) && !/^(cli|test|deploy|storage\/embedded|dashboards\/grafana)\//.test(path)
      ? [`${path}: reads process.env`]
      : [],
  )
}

const SQL = /['"`]\s*(SELECT\s[\s\S]*?\sFROM\s|INSERT INTO\s|CREATE TABLE\s|ALTER TABLE\s)/

function sqlOutsideStorage(files: Map<string, string>): string[] {
  return [...files].flatMap(([path, source]) =>
    SQL.test(source) && !SQL_FOLDERS.some((folder) => path.startsWith(`${folder}/`)) ? [`${path}: holds SQL`] : [],
  )
}

function sources(folder = '.'): [string, string][] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return /^(node_modules|dist|data|\.git)$/.test(entry.name) ? [] : sources(path)
    return /\.tsx?$/.test(entry.name) ? [[path, readFileSync(join(ROOT, path), 'utf8')]] : []
  })
}

const product = new Map(sources().filter(([path]) => !path.startsWith('test/')))

describe('who may import whom', () => {
  test('there is a product to look at', () => {
    expect(product.size).toBeGreaterThan(50)
  })

  test('every import follows the table', () => {
    expect(violations(product)).toEqual([])
  })

  test('the pure folders read neither clock nor process', () => {
    expect(impurities(product)).toEqual([])
  })

  test('the environment is read where configuration is made', () => {
    expect(environmentReads(product)).toEqual([])
  })

  test('SQL lives in storage', () => {
    expect(sqlOutsideStorage(product)).toEqual([])
  })
})

describe('the rules catch what they forbid', () => {
  const rows: [string, string, string, string][] = [
    ['pure code using node', 'slo/x.ts', `import { readFileSync } from 'node:fs'`, 'slo may not use this package'],
    [
      'pure code using storage',
      'integration/x.ts',
      `import { query } from '../storage/query.ts'`,
      'integration may not import storage',
    ],
    [
      'ingest knowing what is judged',
      'collector/x.ts',
      `import { burnRate } from '../slo/budget/burn-rate.ts'`,
      'collector may not import slo',
    ],
    [
      'one role importing another',
      'api/x.ts',
      `export { tick } from '../evaluator/tick.ts'`,
      'api may not import evaluator',
    ],
    [
      'storage using the log',
      'storage/x.ts',
      `import type { Log } from '../runtime/log.ts'`,
      'storage may not import runtime',
    ],
    [
      'anything importing the command',
      'runtime/x.ts',
      `import { start } from '../cli/start.ts'`,
      'nothing imports cli',
    ],
    ['a dynamic import', 'evaluator/x.ts', `const api = await import('../api/app.ts')`, 'evaluator may not import api'],
    [
      'the page importing code of the API',
      'dashboards/web/src/x.ts',
      `import { createApp } from '../../../api/app.ts'`,
      'may import types only',
    ],
    [
      'an import over several lines',
      'slo/x.ts',
      `import {\n  a,\n  b,\n} from '../runtime/config.ts'`,
      'slo may not import runtime',
    ],
  ]
  test.each(rows)('%s', (_, path, source, reason) => {
    expect(violations(new Map([[path, source]])).join()).toContain(reason)
  })

  test('what is allowed passes', () => {
    const good = new Map([
      ['slo/x.ts', `import { z } from 'zod'\nimport type { Outcome } from '../integration/outcome.ts'`],
      ['evaluator/x.ts', `import { judge } from '../slo/x.ts'\nimport cron from 'node-cron'`],
      ['dashboards/web/src/x.ts', `import type { SloStatus } from '../../../slo/status.ts'`],
    ])
    expect(violations(good)).toEqual([])
  })

  test('a clock, the environment and SQL in the wrong place', () => {
    expect(impurities(new Map([['slo/x.ts', 'const now = Date.now()']]))).toHaveLength(1)
    expect(environmentReads(new Map([['api/x.ts', 'process.env.HOME']]))).toHaveLength(1)
    expect(sqlOutsideStorage(new Map([['api/x.ts', 'db.query(`SELECT a\nFROM t`)']]))).toHaveLength(1)
  })
})
