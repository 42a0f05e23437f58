import { describe, expect, test } from 'vitest'
import { unstoredRecords } from '../../storage/embedded/unstored-tokens.ts'

const LOG = '1\t20261122_1_1_0\ttoken-a\n1\t20261122_2_2_0\ttoken-b\n1\t20261123_2_2_0\ttoken-c\n'

describe('tokens without a part', () => {
  const rows: [string, string, string[], string[]][] = [
    ['none, when every part is there', LOG, ['20261122_1_1_0', '20261122_2_2_0', '20261123_2_2_0'], []],
    ['none, when parts were merged', LOG, ['20261122_1_2_1', '20261123_1_9_2'], []],
    ['none, when a part was mutated', LOG, ['20261122_1_2_1_7', '20261123_2_2_0_7'], []],
    ['the one whose part is missing', LOG, ['20261122_1_1_0', '20261123_2_2_0'], ['token-b']],
    ['the one whose part is only temporary', LOG, ['20261122_1_2_1', 'tmp_insert_20261123_2_2_0'], ['token-c']],
    ['the ones whose blocks exist in another partition only', LOG, ['20261123_1_2_1'], ['token-a', 'token-b']],
    ['none that was forgotten already', `${LOG}2\t20261122_2_2_0\ttoken-b\n`, ['20261122_1_1_0', '20261123_2_2_0'], []],
    ['none in an empty log', '', [], []],
  ]
  test.each(rows)('%s', (_, log, files, expected) => {
    const others = ['deduplication_logs', 'format_version.txt', 'detached', 'mutation_3.txt']
    expect(unstoredRecords(log, [...others, ...files]).map(({ block }) => block)).toEqual(expected)
  })
})
