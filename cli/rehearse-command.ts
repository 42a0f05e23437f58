import { readFileSync } from 'node:fs'
import { CommandError } from './command-error.ts'
import { progressBar } from './progress-bar.ts'
import { rehearse } from './rehearse/play.ts'
import type { Rehearsal } from './rehearse/rehearsal.ts'
import { parseScenarios, type ScenarioFile } from './rehearse/scenario.ts'
import { storyOf } from './rehearse/story.ts'

interface Options {
  json?: boolean
  interval?: string
}

/**
 * `plumbline rehearse`: made-up incidents through the real decisions, grouping, routing and outbox on a virtual clock.
 * Exit code 0 when all ran, whatever was sent; 1 for an invalid file; 2 for wrong usage.
 */
export async function runRehearse(path: string, { json = false, interval = '5' }: Options): Promise<void> {
  const intervalSeconds = Number(interval)
  if (!Number.isInteger(intervalSeconds) || intervalSeconds < 1 || intervalSeconds > 60)
    throw new CommandError(`--interval ${interval}: expected whole seconds from 1 to 60`, 2)
  const file = readScenarios(path)
  for (const scenario of file.scenarios) {
    const bar = progressBar(`rehearsing ${scenario.id}`)
    const rehearsal = await rehearse(scenario, file.policy ?? {}, { intervalSeconds, onProgress: bar.show })
    bar.clear()
    const text = json ? jsonLines(rehearsal) : `${storyOf(scenario, rehearsal)}\n\n`
    if (text !== '') process.stdout.write(text)
  }
}

/** One JSON object per accepted delivery, in order of time. */
export const jsonLines = ({ sends }: Rehearsal): string =>
  sends.map(({ summary: _, ...send }) => `${JSON.stringify(send)}\n`).join('')

function readScenarios(path: string): ScenarioFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`, 2)
  }
  const parsed = parseScenarios(text)
  if ('file' in parsed) return parsed.file
  const { faults } = parsed
  const count = faults.length === 1 ? 'a mistake' : `${faults.length} mistakes`
  throw new CommandError(`${path} has ${count}\n${faults.map((fault) => `  ${path}:${fault}`).join('\n')}`, 1)
}
