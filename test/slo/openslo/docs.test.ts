import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { planObjects } from '../../../slo/openslo/plan.ts'
import { SEVERITY_WORDS } from '../../../slo/openslo/severity.ts'
import { verdictsOf } from '../../../slo/openslo/verdict.ts'
import { problemLine } from '../../../slo/problem.ts'
import { parseSloText } from '../../../storage/slo-text.ts'
import { planText, SLO_TEXT } from './text.ts'

const guide = readFileSync(new URL('../../../docs/slo.md', import.meta.url), 'utf8')
const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')
const [first = ''] = examples
/** The last example refers to the SLI of the first. */
const texts = examples.map((text, index) => (index === examples.length - 1 ? `${text}---\n${first}` : text))

describe('the guide for users', () => {
  it('has an example of each source', () => {
    const sources = texts.flatMap((text) => planText(text).slos.map(({ slo }) => slo?.indicator.source))
    expect(new Set(sources)).toEqual(new Set(['calls', 'metric', 'gauge', 'rate', 'composite']))
    expect(examples.at(-1)).toContain('source: sql')
  })
  it.each(texts)('example %# loads without an error, and is valid strictly', (text) => {
    const { slos, problems } = planText(text)
    // 28 days have a tier that fires while on track, and a minute of a month is more than a page allows: told, not hidden.
    expect(problems.filter(({ code }) => !['one_failure_pages', 'fires_while_on_track'].includes(code))).toEqual([])
    expect(slos.every(({ slo }) => slo !== null)).toBe(true)
    const plan = planObjects(parseSloText(text, 'guide').objects, { strict: true })
    for (const document of verdictsOf(plan, { strict: true }).documents) {
      expect(document).toMatchObject({ valid: true, errors: [], warnings: [] })
    }
  })
  it('shows a problem as it is told', () => {
    const [, file, line, told] = /^(slos\/checkout\.yaml):(\d+): (.*)$/m.exec(guide)!
    const text = SLO_TEXT.replace('target: 0.999', 'target: 1')
    const [problem] = planText(
      `${'\n'.repeat(Number(line) - text.split('\n').indexOf('      target: 1') - 1)}${text}`,
      file,
    ).problems
    expect(problemLine(problem!)).toBe(`${file}:${line}: ${told}`)
  })
  it('shows the verdicts as validate prints them', () => {
    const shown = JSON.parse(/```json\n(\{\s+"documents"[\s\S]*?)```/.exec(guide)?.[1] ?? '').documents[0]
    const text = SLO_TEXT.replace('target: 0.999', 'target: 1').replace('name: pay\n', 'name: checkout-availability\n')
    const [verdict] = verdictsOf(planObjects(parseSloText(text, shown.file).objects)).documents
    expect(Object.keys(verdict!)).toEqual(Object.keys(shown))
    expect({ ...verdict, errors: [] }).toEqual({ ...shown, errors: [] })
    expect(Object.keys(verdict!.errors[0]!)).toEqual(Object.keys(shown.errors[0]))
    expect(verdict!.errors[0]!.message.startsWith(shown.errors[0].message.replace('…', ''))).toBe(true)
  })
  it('names every word of a severity', () => {
    for (const [severity, words] of Object.entries(SEVERITY_WORDS)) {
      expect(guide).toMatch(new RegExp(`\\| ${severity} +\\| ${words.join(', ')} +\\|`))
    }
  })
})
