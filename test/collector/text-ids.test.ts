import { expect, test } from 'vitest'
import { TextIds } from '../../collector/protobuf/text-ids.ts'

test('a text has a number from its second time on, its own', () => {
  const ids = new TextIds()
  expect([ids.of('a'), ids.of('b'), ids.of('a'), ids.of('b'), ids.of('a')]).toEqual([undefined, undefined, 1, 2, 1])
})

test('numbers of forgotten texts are never given again', () => {
  const ids = new TextIds()
  const numberOf = (text: string) => ids.of(text) ?? ids.of(text)
  const given = Array.from({ length: 20_000 }, (_, i) => numberOf(`text ${i}`))
  expect(new Set(given).size).toBe(given.length)
  expect(given).not.toContain(undefined)
  expect(given).not.toContain(numberOf('text 0'))
})

test('long texts have none', () => {
  const ids = new TextIds()
  const long = 'x'.repeat(2_000)
  expect([ids.of(long), ids.of(long)]).toEqual([undefined, undefined])
})
