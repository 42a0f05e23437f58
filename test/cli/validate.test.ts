import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportOf, validatePaths } from '../../cli/validate.ts'
import { SLO_TEXT } from '../slo/openslo/text.ts'

const COMMAND = fileURLToPath(new URL('../../cli/plumbline.js', import.meta.url))
const named = (name: string) => SLO_TEXT.replace('name: pay\n', `name: ${name}\n`)
const SLI = `apiVersion: openslo/v1
kind: SLI
metadata: { name: shared }
spec: { ratioMetric: { bad: { metricSource: { type: plumbline, spec: { source: calls, outcome: timeout } } }, total: { metricSource: { type: plumbline, spec: { source: calls } } } } }
`

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'plumbline-validate-'))
  await mkdir(join(dir, 'good'))
  await mkdir(join(dir, 'empty'))
  await mkdir(join(dir, 'mixed', 'deep'), { recursive: true })
  await writeFile(join(dir, 'good', 'a.yaml'), `${named('a')}---\n${named('b')}`)
  await writeFile(join(dir, 'good', 'op.yaml'), named('c').replace('target: 0.999', 'target: 0.999\n      op: gt'))
  await writeFile(join(dir, 'mixed', 'wrong.yaml'), named('d').replace('0.999', '1'))
  await writeFile(join(dir, 'mixed', 'broken.yaml'), 'a: [1, 2\nb: 3')
  await writeFile(join(dir, 'mixed', 'deep', 'foreign.json'), named('e').replaceAll('plumbline', 'Prometheus'))
  await writeFile(join(dir, 'shared.yaml'), SLI)
  await writeFile(
    join(dir, 'user.txt'),
    named('f').replace(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  indicatorRef: shared\n  timeWindow'),
  )
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const judged = async (paths: string[], strict = false) => {
  const verdicts = await validatePaths(
    paths.map((path) => join(dir, path)),
    { strict },
  )
  return verdicts.documents.map(({ file, index, kind, name, valid }) => [
    `${file.slice(dir.length + 1)}#${index}`,
    kind,
    name,
    valid,
  ])
}

describe('files and folders', () => {
  it('are judged document by document', async () => {
    expect(await judged(['good', 'mixed'])).toEqual([
      ['good/a.yaml#0', 'SLO', 'a', true],
      ['good/a.yaml#1', 'SLO', 'b', true],
      ['good/op.yaml#0', 'SLO', 'c', true],
      ['mixed/broken.yaml#0', null, null, false],
      ['mixed/deep/foreign.json#0', 'SLO', 'e', true],
      ['mixed/wrong.yaml#0', 'SLO', 'd', false],
    ])
  })
  it('are read once, however often they are named', async () => {
    expect(await judged(['good/a.yaml', 'good', 'good/a.yaml'])).toHaveLength(3)
  })
  it('a file is read whatever its name is, and references are resolved over all that are named', async () => {
    expect(await judged(['user.txt'])).toEqual([['user.txt#0', 'SLO', 'f', false]])
    expect(await judged(['user.txt', 'shared.yaml'])).toEqual([
      ['shared.yaml#0', 'SLI', 'shared', true],
      ['user.txt#0', 'SLO', 'f', true],
    ])
  })
  it('strictly, op on a ratio is refused, and what only Plumbline minds is not', async () => {
    expect(await judged(['good/op.yaml', 'user.txt'], true)).toEqual([
      ['good/op.yaml#0', 'SLO', 'c', false],
      ['user.txt#0', 'SLO', 'f', true],
    ])
  })
})

it('people get one line for each problem, and what came of it all', async () => {
  const report = reportOf(await validatePaths([join(dir, 'good'), join(dir, 'mixed')]))
  expect(report.replaceAll(`${dir}/`, '')).toBe(
    `
good/op.yaml:32: warning: spec.objectives[0].op: belongs to a thresholdMetric: ignored with a ratioMetric (ignored_on_ratio)
mixed/broken.yaml:2: error: Flow sequence in block collection must be sufficiently indented and end with a ] (yaml_syntax)
mixed/wrong.yaml:31: error: spec.objectives[0].target: must be less than 1: 100 % leaves no error budget; at most 0.999999 can be promised (less_than)

Valid, and not for Plumbline to measure:
mixed/deep/foreign.json:14: spec.indicator.spec.ratioMetric.good.metricSource.type: Plumbline cannot read from 'Prometheus'

6 documents in 5 files; 4 valid, 2 invalid; 2 errors, 1 warning
`.trim(),
  )
})

describe('plumbline validate', () => {
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, 'validate', ...args], {
      cwd: dir,
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }
  it('ends with 0 when all is valid', () => {
    expect(run('good', 'mixed/deep')).toMatchObject({ status: 0, stderr: '' })
  })
  it('ends with 1 when something is not, strictly more than by default', () => {
    expect(run('good', 'mixed').status).toBe(1)
    expect(run('--strict', 'good').status).toBe(1)
  })
  it.each([
    ['nothing named', [], 'missing required argument'],
    ['a path that is not there', ['good', 'gone'], 'gone is no file or folder'],
    ['a folder without documents', ['empty'], 'no OpenSLO documents in empty'],
    ['an unknown option', ['--strickt', 'good'], '--strickt'],
  ])('ends with 2 for %s', (_, args, said) => {
    const { status, stderr } = run(...args)
    expect([status, stderr]).toEqual([2, expect.stringContaining(said)])
  })
  it('prints verdicts as JSON, exactly so', () => {
    const { status, stdout } = run('--json', 'mixed/wrong.yaml', 'good/op.yaml')
    expect(status).toBe(1)
    const message = expect.stringMatching(/./)
    expect(JSON.parse(stdout)).toEqual({
      documents: [
        {
          ...{ file: 'good/op.yaml', index: 0, kind: 'SLO', name: 'c', valid: true, errors: [] },
          warnings: [{ path: 'spec.objectives[0].op', code: 'ignored_on_ratio', message, line: 32 }],
        },
        {
          ...{ file: 'mixed/wrong.yaml', index: 0, kind: 'SLO', name: 'd', valid: false, warnings: [] },
          errors: [{ path: 'spec.objectives[0].target', code: 'less_than', message, line: 31 }],
        },
      ],
    })
  })
})

describe('--config', () => {
  const POLICY = `  alertPolicies:
    - kind: AlertPolicy
      metadata: { name: fast }
      spec:
        alertWhenBreaching: true
        conditions: [{ kind: AlertCondition, metadata: { name: burns }, spec: { severity: page, condition: { kind: burnrate, op: gt, threshold: 14, lookbackWindow: 1h } } }]
        notificationTargets:
          - { kind: AlertNotificationTarget, metadata: { name: people }, spec: { target: oncal } }
`
  const validate = async (config: string) => {
    await writeFile(join(dir, 'target.txt'), `${SLO_TEXT.trimEnd()}\n${POLICY}`)
    await writeFile(join(dir, 'plumbline.yaml'), config)
    const args = ['validate', '--config', join(dir, 'plumbline.yaml'), join(dir, 'target.txt')]
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' })
    return { status, said: stdout + stderr }
  }
  const endpoint = (name: string) => `endpoints: [{ name: ${name}, type: webhook, url: "https://hooks.example/x" }]`

  it('warns of a notification target that is no endpoint, with its line and the one that was meant', async () => {
    const { status, said } = await validate(endpoint('oncall'))
    expect(status).toBe(0)
    expect(said).toMatch(
      /target\.txt:\d+: warning: spec\.alertPolicies\[0\]\.spec\.notificationTargets\[0\]\.spec\.target: there is no endpoint 'oncal' .*Did you mean 'oncall'\?/,
    )
  })
  it('says nothing of one that is', async () => {
    expect((await validate(endpoint('oncal'))).said).not.toContain('warning:')
  })
  it('that cannot be used is an error', async () => {
    expect(await validate('endpoints: 1')).toMatchObject({ status: 2, said: expect.stringContaining('endpoints') })
  })
})
