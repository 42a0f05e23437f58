import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readYaml } from '../../runtime/yaml-text.ts'

const TEXT = `a: 1
list:
  - name: x
    more: [1,
      2]
  - { name: y }
`

describe('the line of a property', () => {
  const rows: [string, PropertyKey[], number | null][] = [
    ['at the top', ['a'], 1],
    ['whose value stands on the next line', ['list'], 2],
    ['in a list', ['list', 0, 'more'], 4],
    ['an item', ['list', 0, 'more', 1], 5],
    ['an index as text', ['list', '1', 'name'], 6],
    ['that is missing: what is around it', ['list', 1, 'nothing', 'here'], 6],
    ['of which nothing is there', ['nothing'], null],
  ]
  test.each(rows)('%s', (_, path, line) => expect(readYaml(TEXT).lineOf(path)).toBe(line))
})

describe('a text that cannot be read says where', () => {
  const BOMB = `a: &a [1, 1]\n${'bcdefghijklm'
    .split('')
    .map((name, n) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghijklm'[n]}`)}]`)
    .join('\n')}`
  const rows: [string, string, number][] = [
    ['a list that does not end', 'a: 1\nb: [1, 2', 2],
    ['JSON with a comma too many', '{\n"a": 1,,\n"b": 2 }', 2],
    ['a key twice', 'a: 1\nb: 2\na: 3', 3],
    ['aliases that multiply', BOMB, 1],
  ]
  test.each(rows)('%s', (_, text, line) => expect(readYaml(text).faults[0]?.line).toBe(line))

  test('and whatever it is, it does not throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void readYaml(text).lineOf(['a', 0])))
  })
})

test('nothing is null', () => expect(readYaml('').value()).toBeNull())
