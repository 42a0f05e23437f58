import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { planObjects } from '../../../slo/openslo/plan.ts'
import { type Verdict, verdictsOf } from '../../../slo/openslo/verdict.ts'
import { parseSloText } from '../../../storage/slo-text.ts'

const BESIDE_CHECKOUT = fileURLToPath(new URL('../../../../', import.meta.url))

/** The official manifests of OpenSLO and its Go SDK with expected verdicts, where a folder beside the checkout has them. */
const FOLDER = readdirSync(BESIDE_CHECKOUT)
  .map((name) => `${BESIDE_CHECKOUT}${name}/conformance/openslo/`)
  .find((folder) => existsSync(`${folder}expected.json`))

const place = z.object({ object: z.number(), path: z.string(), code: z.string() })
const expectations = z.object({
  files: z.array(
    z.object({
      file: z.string(),
      objects: z.record(z.string(), z.number()),
      strict: z.enum(['valid', 'invalid']),
      errors: z.array(place),
      default: z.enum(['valid', 'invalid']),
      warnings: z.array(place),
    }),
  ),
})

describe.skipIf(!FOLDER)('official OpenSLO manifests', () => {
  const read = (file: string) => readFileSync(`${FOLDER}${file}`, 'utf8')
  const { files } = expectations.parse(FOLDER ? JSON.parse(read('expected.json')) : { files: [] })
  const judge = (file: string, strict: boolean) => {
    const { objects, problems } = parseSloText(read(file), file)
    return verdictsOf(planObjects(objects, { strict }), { unread: problems, strict })
  }
  const places = (documents: Verdict[], kind: 'errors' | 'warnings') =>
    documents
      .flatMap((document) => document[kind].map(({ path, code }) => ({ object: document.index, path, code })))
      .sort(byPath)

  it('are there', () => {
    expect(files.length).toBeGreaterThanOrEqual(11)
  })
  it.each(files)('$file is $strict when strict, with every error', ({ file, strict, errors, objects }) => {
    const { documents } = judge(file, true)
    expect(documents.every(({ valid }) => valid) ? 'valid' : 'invalid').toBe(strict)
    expect(places(documents, 'errors')).toEqual(errors.sort(byPath))
    const kinds = Object.entries(objects).flatMap(([kind, count]) => Array<string>(count).fill(kind))
    expect(documents.map(({ kind }) => kind)).toEqual(kinds)
  })
  it.each(files)('$file is $default by default, with every warning', ({ file, default: verdict, warnings }) => {
    const { documents } = judge(file, false)
    expect(documents.every(({ valid }) => valid) ? 'valid' : 'invalid').toBe(verdict)
    expect(places(documents, 'warnings')).toEqual(warnings.sort(byPath))
  })
  it.each(files)('$file holds nothing that could be measured, and says so', ({ file, objects }) => {
    const { objects: sources } = parseSloText(read(file), file)
    expect(planObjects(sources).slos.filter(({ slo }) => slo)).toEqual([])
    const measures = (objects.SLO ?? 0) + (objects.SLI ?? 0)
    expect(judge(file, false).unmeasurable).toHaveLength(measures)
  })
})

const byPath = (a: { object: number; path: string }, b: { object: number; path: string }) =>
  a.object - b.object || (a.path < b.path ? -1 : 1)
