import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { backtest } from '../slo/replay/backtest.ts'
import { boundFindings, boundVerdicts } from './bounded-verdicts.ts'
import { judgeForName, judgeText } from './judge-documents.ts'
import { readPreviewed } from './previewed-documents.ts'

// The thread that does what strangers' documents ask for, so that the thread that evaluates does not; see strangers.ts.

/** What takes long in proportion to what was sent. All of it takes and gives plain data. */
const TASKS = {
  judge: (...given: Parameters<typeof judgeText>) => boundVerdicts(judgeText(...given).verdicts.documents),
  judgeForName: (...given: Parameters<typeof judgeForName>) => {
    const judged = judgeForName(...given)
    return 'refused' in judged
      ? { refused: judged.refused.slice(0, 500), errors: boundFindings(judged.errors) }
      : { ...judged, warnings: boundFindings(judged.warnings) }
  },
  readPreviewed,
  backtest,
}
export type Tasks = typeof TASKS

export interface Asked {
  task: keyof Tasks
  given: unknown[]
}
export type Answered = { done: unknown } | { failed: string }
/** The first message: from here on the time of the work counts. */
const READY = 'ready'

/** Half the share of a thread that evaluates, where both want the processor: of this thread alone. */
try {
  setPriority(3)
} catch {
  // A container may forbid it; the thread then runs at the priority of the others.
}

parentPort?.postMessage(READY)
parentPort?.on('message', ({ task, given }: Asked) => {
  parentPort?.postMessage(answer(task, given))
})

function answer(task: keyof Tasks, given: unknown[]): Answered {
  try {
    return { done: (TASKS[task] as (...given: unknown[]) => unknown)(...given) }
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}
