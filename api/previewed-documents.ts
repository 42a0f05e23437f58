import type { Slo } from '../slo/model.ts'
import { planObjects } from '../slo/openslo/plan.ts'
import { refuses } from '../slo/problem.ts'
import { parseSloText } from '../storage/slo-text.ts'
import { MAX_FINDINGS } from './bounded-verdicts.ts'
import { tooManyObjects } from './judge-documents.ts'

interface Told {
  path: string
  message: string
}

/** SLOs of a text that can be previewed, or why there are none. */
export type Previewed = { slos: Slo[]; warnings: Told[] } | { refused: string; errors: Told[] }

/** An answer has a step for each day, or hour, of each SLO. */
const MAX_SLOS = 50

export function readPreviewed(text: string): Previewed {
  const parsed = parseSloText(text, 'body')
  const excess = tooManyObjects(parsed.objects)
  if (excess) return { refused: excess.message, errors: [] }
  const plan = planObjects(parsed.objects)
  const problems = [...parsed.problems, ...plan.problems]
  const told = (severity: 'error' | 'warning') =>
    problems
      .filter((each) => each.severity === severity)
      .slice(0, MAX_FINDINGS)
      .map(({ line, path, message }) => ({ path: `${line}: ${path}`.slice(0, 500), message: message.slice(0, 500) }))
  const slos = plan.slos.flatMap(({ slo }) => (slo ? [slo] : []))
  if (refuses(problems)) return { refused: 'The documents are refused', errors: told('error') }
  if (slos.length === 0) return { refused: 'There is no SLO in the body', errors: [] }
  if (slos.length > MAX_SLOS)
    return { refused: `There are ${slos.length} SLOs in the body; preview at most ${MAX_SLOS} at once`, errors: [] }
  return { slos, warnings: told('warning') }
}
