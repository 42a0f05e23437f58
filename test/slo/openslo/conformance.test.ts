import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { planText } from './text.ts'

const BESIDE_CHECKOUT = fileURLToPath(new URL('../../../../', import.meta.url))

/** The official manifests of OpenSLO and its Go SDK with expected verdicts, where a folder beside the checkout has them. */
const FOLDER = readdirSync(BESIDE_CHECKOUT)
  .map((name) => `${BESIDE_CHECKOUT}${name}/conformance/openslo/`)
  .find((folder) => existsSync(`${folder}expected.json`))
const NOT_READ_YET = ['AlertPolicy', 'AlertCondition', 'AlertNotificationTarget']

const expectations = z.object({
  files: z.array(
    z.object({
      file: z.string(),
      objects: z.record(z.string(), z.number()),
      default: z.enum(['valid', 'invalid']),
      warnings: z.array(z.object({ object: z.number(), path: z.string(), code: z.string() })),
    }),
  ),
})

describe.skipIf(!FOLDER)('official OpenSLO manifests in the default mode', () => {
  const read = (file: string) => readFileSync(`${FOLDER}${file}`, 'utf8')
  const { files } = expectations.parse(FOLDER ? JSON.parse(read('expected.json')) : { files: [] })
  const inScope = files.filter(({ objects }) => !Object.keys(objects).some((kind) => NOT_READ_YET.includes(kind)))

  it('are there', () => {
    expect(inScope.length).toBeGreaterThanOrEqual(7)
  })
  it.each(inScope)('$file is $default', ({ file, default: verdict, warnings }) => {
    const { problems } = planText(read(file), file)
    const errors = problems.filter(({ severity, layer }) => severity === 'error' && layer !== 'plan')
    expect(errors.length === 0 ? 'valid' : 'invalid').toBe(verdict)
    const said = problems.filter(({ layer }) => layer === 'lint').map(({ path, code }) => ({ path, code }))
    const order = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1)
    expect(said.sort(order)).toEqual(warnings.map(({ path, code }) => ({ path, code })).sort(order))
  })
  it.each(files)('$file holds nothing that could be measured', ({ file }) => {
    const { slos, problems } = planText(read(file), file)
    expect(slos.filter(({ slo }) => slo)).toEqual([])
    expect(problems.filter(({ severity, layer }) => severity === 'error' && layer !== 'plan')).toEqual([])
    for (const { name, problems: own } of slos) {
      expect(
        own.map(({ code }) => code),
        name,
      ).toContain('unsupported_source')
    }
  })
})
