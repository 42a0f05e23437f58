import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { validatePaths } from '../../cli/validate.ts'
import { isRecord } from '../../slo/openslo/source.ts'
import type { Verdict } from '../../slo/openslo/verdict.ts'
import { documentOf } from '../../slo/reconcile.ts'
import { loadSloDir } from '../../storage/slo-files.ts'
import { parseSloText } from '../../storage/slo-text.ts'
import { SLO_TEXT } from '../slo/openslo/text.ts'
import { seededApp } from './seeded-app.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CHECKOUTS = fileURLToPath(new URL('../../../', import.meta.url))
const beside = readdirSync(CHECKOUTS).map((name) => `${CHECKOUTS}${name}`)

/** Every document of the checkout, and where they lie in a folder next to it, official manifests and public cases. */
const FILES = [
  ...globSync(['slos/**/*.yaml', 'test/fixtures/slo/**/*.{yaml,json}'], { cwd: ROOT }).map((file) => join(ROOT, file)),
  ...beside
    .filter((dir) => existsSync(`${dir}/conformance/openslo/expected.json`))
    .flatMap((dir) => globSync(`${dir}/{conformance/openslo,cases/slo}/**/*.yaml`)),
].filter((file) => readFileSync(file, 'utf8').includes('openslo'))

const OBJECTIVE = (name: string, target: number) => `    - displayName: ${name}\n      target: ${target}\n`
const named = (name: string) => SLO_TEXT.replace('name: pay\n', `name: ${name}\n`)
const LONG = 'a'.repeat(63)
const SLI = `apiVersion: openslo/v1
kind: SLI
metadata: { name: shared }
spec: { ratioMetric: { bad: { metricSource: { type: plumbline, spec: { source: calls, outcome: timeout } } }, total: { metricSource: { type: plumbline, spec: { source: calls } } } } }
`
const USER = SLO_TEXT.replace(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  indicatorRef: shared\n  timeWindow')

const ROWS: [name: string, text: string, loads: boolean][] = [
  ['a good SLO', SLO_TEXT, true],
  ['two SLOs of one name', `${SLO_TEXT}---\n${SLO_TEXT.replace('0.999', '0.99')}`, false],
  ['two SLOs of one name, one of them wrong', `${SLO_TEXT}---\n${SLO_TEXT.replace('0.999', '1')}`, false],
  ['two SLOs whose names differ by case', `${SLO_TEXT}---\n${named('Pay')}`, true],
  ['objectives of one display name', SLO_TEXT + OBJECTIVE('gold', 0.9) + OBJECTIVE('gold', 0.8), false],
  ['objectives whose names differ by case', SLO_TEXT + OBJECTIVE('gold', 0.9) + OBJECTIVE('Gold', 0.8), false],
  ['objectives whose names differ by signs', SLO_TEXT + OBJECTIVE('p 95', 0.9) + OBJECTIVE('"p-95!"', 0.8), false],
  [
    'objectives whose names are alike for 63 letters',
    SLO_TEXT + OBJECTIVE(`${LONG}b`, 0.9) + OBJECTIVE(`${LONG}c`, 0.8),
    false,
  ],
  [
    'an objective with the name that another gets',
    `${SLO_TEXT}${OBJECTIVE('objective 3', 0.9)}    - target: 0.8\n`,
    false,
  ],
  [
    'the first objective called like the second',
    SLO_TEXT.replace(/displayName: .*\n {6}target/, 'displayName: gold\n      target') + OBJECTIVE('gold', 0.9),
    true,
  ],
  ['two SLIs of one name, used', `${SLI}---\n${SLI}---\n${USER}`, false],
  ['an SLI, used', `${SLI}---\n${USER}`, true],
  ['an SLI that is not there', USER, false],
  ['a target that is finer than one in a million', SLO_TEXT.replace('0.999', '0.9999999'), false],
  ['a metric of another system', SLO_TEXT.replaceAll('plumbline', 'Prometheus'), false],
]

let app: Awaited<ReturnType<typeof seededApp>>
let dir: string
beforeAll(async () => {
  let now = Date.now()
  const clock = () => {
    now += 1_000
    return new Date(now)
  }
  app = await seededApp({ clock })
  dir = await mkdtemp(join(tmpdir(), 'plumbline-verdict-'))
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

const send = (method: string, path: string, body: string) =>
  app.get(`/api/v1/slos/${path}`, { method, body, headers: { 'content-type': 'application/yaml' } })

/** Whether a verdict says that Plumbline loads the document. */
const loads = ({ valid, unmeasurable }: Verdict) => valid && unmeasurable === undefined
const sloVerdicts = (documents: Verdict[]) =>
  documents
    .filter(({ kind, name }) => kind === 'SLO' && name !== null)
    .map((one): [string, boolean] => [one.name ?? '', loads(one)])

/** A text for each SLO name in it, with everything that is no SLO of another name. */
function bodies(text: string): [name: string, body: string][] {
  const values = parseSloText(text, 'all').objects.map(({ value }) => value)
  const nameOf = (value: unknown) =>
    isRecord(value) && value.kind === 'SLO' && isRecord(value.metadata) && typeof value.metadata.name === 'string'
      ? value.metadata.name
      : null
  const names = [...new Set(values.map(nameOf))].filter((name) => name !== null)
  return names.map((name) => [name, JSON.stringify(values.filter((value) => [null, name].includes(nameOf(value))))])
}

/** Asks all four doors about one text; answers which SLOs load. */
async function askAll(text: string): Promise<Map<string, boolean>> {
  const folder = await mkdtemp(join(dir, 'slos-'))
  await writeFile(join(folder, 'all.yaml'), text)
  const cli = sloVerdicts((await validatePaths([folder])).documents)
  const posted = await send('POST', 'validate', text)
  expect(sloVerdicts(posted.body.documents)).toEqual(cli)
  const verdict = new Map(cli)
  // Of two documents with one name either both load or none.
  for (const [name, loaded] of cli) expect([name, loaded]).toEqual([name, verdict.get(name)])

  const { slos } = await loadSloDir(folder)
  const started = new Map(slos.map(({ name, slo }) => [documentOf(name), slo !== null]))
  expect(started).toEqual(verdict)

  for (const [name, body] of bodies(text)) {
    const judged = (await send('POST', 'validate', body)).body.documents as Verdict[]
    const { status, headers, body: answer } = await send('PUT', encodeURIComponent(name), body)
    expect([name, status < 300]).toEqual([name, judged.every(loads)])
    if (status < 300) continue
    expect([status, headers.get('content-type')]).toEqual([422, 'application/problem+json'])
    const found = judged.flatMap(({ errors, unmeasurable }) => [...errors, ...(unmeasurable ?? [])])
    expect(answer.errors).toEqual(found)
    expect(found.length).toBeGreaterThan(0)
  }
  return verdict
}

describe('validate, POST /slos/validate, start and PUT give one verdict', () => {
  test.each(ROWS)('on %s', async (_, text, loaded) => {
    const verdict = await askAll(text)
    expect([...verdict.values()].every((one) => one)).toBe(loaded)
  })
  test.each(FILES)('on %s', async (file) => {
    await askAll(readFileSync(file, 'utf8'))
  })
  test('on two files of a folder that name one SLO', async () => {
    const folder = await mkdtemp(join(dir, 'slos-'))
    await writeFile(join(folder, 'a.yaml'), SLO_TEXT)
    await writeFile(join(folder, 'b.yaml'), SLO_TEXT)
    expect(sloVerdicts((await validatePaths([folder])).documents)).toEqual([
      ['pay', false],
      ['pay', false],
    ])
    expect((await loadSloDir(folder)).slos.map(({ slo }) => slo)).toEqual([null])
  })
  test('on one file that is named in two ways', async () => {
    const folder = await mkdtemp(join(dir, 'slos-'))
    await writeFile(join(folder, 'a.yaml'), SLO_TEXT)
    expect(sloVerdicts((await validatePaths([folder, `${folder}/./a.yaml`])).documents)).toEqual([['pay', true]])
  })
})

test('PUT says at which places a body with another SLO is wrong', async () => {
  const { status, body } = await send('PUT', 'other', SLO_TEXT)
  expect([status, body.errors]).toEqual([
    422,
    [{ path: 'metadata.name', code: 'equal_to', line: 1, message: expect.stringContaining('it has pay') }],
  ])
})
