import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { planText } from './text.ts'

const guide = readFileSync(new URL('../../../docs/slo.md', import.meta.url), 'utf8')
const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')

describe('the guide for users', () => {
  it('has two examples', () => {
    expect(examples).toHaveLength(2)
  })
  it.each(examples)('whose example %# loads without a word', (text) => {
    const { slos, problems } = planText(text)
    expect(problems).toEqual([])
    expect(slos.map(({ slo }) => slo !== null)).toEqual([true])
  })
})
