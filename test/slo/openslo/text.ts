import { type Plan, planObjects } from '../../../slo/openslo/plan.ts'
import type { Problem } from '../../../slo/problem.ts'
import { parseSloText } from '../../../storage/slo-text.ts'

export const FILE = 'slos/test.yaml'

/** What a text of OpenSLO documents comes to, with the problems of its syntax among the others. */
export function planText(text: string, file = FILE): Plan {
  const parsed = parseSloText(text, file)
  const plan = planObjects(parsed.objects)
  return { ...plan, problems: [...parsed.problems, ...plan.problems] }
}

/** `12 spec.objectives[0].target less_than`: where a problem is and what it is. */
export const brief = ({ line, path, code }: Problem): string => `${line} ${path} ${code}`

/** A complete SLO in YAML, one property per line; `change` edits the text. */
export const SLO_TEXT = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: pay
spec:
  service: checkout
  indicator:
    metadata:
      name: pay-availability
    spec:
      ratioMetric:
        good:
          metricSource:
            type: plumbline
            spec:
              source: calls
              dependency: stripe
              outcome: ok
        total:
          metricSource:
            type: plumbline
            spec:
              source: calls
              dependency: stripe
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - displayName: answers
      target: 0.999
`
