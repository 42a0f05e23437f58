import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { rehearse } from '../../cli/rehearse/play.ts'
import { parseScenarios, policySchema } from '../../cli/rehearse/scenario.ts'
import { storyOf } from '../../cli/rehearse/story.ts'
import { jsonLines } from '../../cli/rehearse-command.ts'
import { labelsFrom, routeAnswer, routeText } from '../../cli/route-command.ts'
import { parseOverlayFile, reconcileOverlays } from '../../evaluator/overlays/overlay-file.ts'
import { loadConfig } from '../../runtime/config.ts'
import { maintenanceInput } from '../../slo/overlay/overlay-input.ts'
import { recurrenceFault, startsBetween } from '../../slo/overlay/recurrence.ts'

const DOCS = readFileSync(new URL('../../docs/alerting.md', import.meta.url), 'utf8')

/** Blocks of code in a section, in order. */
function blocksOf(heading: string): string[] {
  const section = DOCS.split(/^#{2,3} /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/```\w*\n([\s\S]*?)```/g)].map(([, text]) => text as string)
}

describe('the rehearsal of docs/alerting.md', () => {
  const [text = '', printed = ''] = blocksOf('Rehearsals')
  const parsed = parseScenarios(text)
  const scenario = 'file' in parsed ? parsed.file.scenarios[0]! : expect.fail(parsed.faults.join('\n'))

  test('prints what the docs say', async () => {
    expect(printed.trimEnd()).toBe(
      `$ plumbline rehearse gameday.yaml\n${storyOf(scenario, await rehearse(scenario, {}))}`,
    )
  })

  test('has the keys of the docs as JSON', async () => {
    const [line = '{}'] = jsonLines(await rehearse(scenario, {})).split('\n')
    const table = DOCS.slice(DOCS.indexOf('`--json` prints one object per accepted delivery'))
    const named = [...table.split('\n\n')[1]!.matchAll(/^\| (.*?)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, key]) => key),
    )
    expect(Object.keys(JSON.parse(line)).toSorted()).toEqual(named.toSorted())
  })

  test('every key of a policy is in the docs', () => {
    for (const key of Object.keys(policySchema.shape)) expect(DOCS).toContain(`\`${key}\``)
  })
})

test('the routes of docs/alerting.md send an alert where the docs say', () => {
  const [yaml = '', shown = ''] = blocksOf('Routes')
  const names = ['payments-desk', 'backup', 'payments-oncall', 'oncall']
  const config = loadConfig({
    env: {},
    overrides: {
      ...parse(yaml),
      endpoints: names.map((name) => ({ name, type: 'webhook', url: 'https://hooks.example/x' })),
    },
  })
  const [command = '', ...lines] = shown.trimEnd().split('\n')
  const [, labels = ''] = /^\$ plumbline route --labels (\S+)$/.exec(command) ?? []
  expect(lines.join('\n')).toBe(routeText(routeAnswer(config, labelsFrom(labels), null, new Date(0))))
})

describe('silences and maintenance of docs/alerting.md', () => {
  const NOW = new Date('2026-03-10T00:00:00Z')

  test('the file can be taken over as it is', () => {
    const [text = ''] = blocksOf('In a file')
    const file = parseOverlayFile(text)
    if (Array.isArray(file)) return expect(file).toEqual([])
    const { silences, maintenance, problems } = reconcileOverlays(file, { silences: [], maintenance: [] }, 'docs', NOW)
    expect(problems).toEqual([])
    expect([silences.length, maintenance.length]).toEqual([1, 1])
  })

  test('every schedule is one, and on 29 March 02:30 in Berlin takes place at 03:30', () => {
    const block = blocksOf('Silences and maintenance').find((text) => text.startsWith('schedule:')) ?? ''
    const schedules = block.split('\n\n').map((text) => parse(text).schedule)
    expect(schedules).toHaveLength(3)
    for (const schedule of schedules) {
      const read = maintenanceInput.parse({ scope: { services: ['checkout'] }, schedule }).schedule
      if ('from' in read) continue
      expect(recurrenceFault(read)).toBeNull()
      if ('cron' in read)
        expect(startsBetween(read, new Date('2026-03-29T00:00:00Z'), new Date('2026-03-30T00:00:00Z'))).toEqual([
          new Date('2026-03-29T03:30:00+02:00'),
        ])
    }
  })
})
