import type { Problem } from '../problem.ts'
import { isForeignSource } from './metric-source.ts'
import type { Plan } from './plan.ts'
import { isRecord } from './source.ts'

/** What is wrong, or worth a warning, at one place of a document; the message ends with what to do about it. */
export interface Finding {
  /** `spec.objectives[0].target`, '' for the document itself. */
  path: string
  code: string
  message: string
  /** 1-based. */
  line: number
}

/** The verdict on one OpenSLO object; the shape `plumbline validate --json` prints. */
export interface Verdict {
  file: string
  /** Which object of its file it is, from 0. */
  index: number
  kind: string | null
  name: string | null
  valid: boolean
  errors: Finding[]
  warnings: Finding[]
}

export interface Verdicts {
  documents: Verdict[]
  /** Every problem that counts, in the order of the documents. */
  problems: Problem[]
  /** The first reason of each document that Plumbline cannot load, where it does not count against the document. */
  unmeasurable: Problem[]
}

/**
 * Judges every object that was read. Strictly, a document is valid exactly when OpenSLO's official validator says so;
 * else also what keeps Plumbline from loading it counts, unless its metrics come from elsewhere.
 * @param unread problems of texts that could not be read at all
 */
export function verdictsOf(
  { decoded }: Pick<Plan, 'decoded'>,
  { unread = [], strict = false }: { unread?: readonly Problem[]; strict?: boolean } = {},
): Verdicts {
  const indexes = new Map<string, number>()
  const sorted = decoded.map(({ source, name, report }) => {
    const { file, value } = source
    const index = indexes.get(file) ?? 0
    indexes.set(file, index + 1)
    const kind = isRecord(value) && typeof value.kind === 'string' ? value.kind : null
    return { file, index, kind, name, ...sort(report.problems, strict) }
  })
  const broken = unread.map((problem) => ({
    ...{ file: problem.file, index: 0, kind: null, name: null },
    ...{ counted: [problem], unmeasurable: [] },
  }))
  const all = [...broken, ...sorted].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.index - b.index))
  return {
    documents: all.map(({ file, index, kind, name, counted }) => {
      const of = (severity: Problem['severity']) => counted.filter((one) => one.severity === severity).map(findingOf)
      const errors = of('error')
      return { file, index, kind, name, valid: errors.length === 0, errors, warnings: of('warning') }
    }),
    problems: all.flatMap(({ counted }) => counted),
    unmeasurable: all.flatMap(({ unmeasurable }) => unmeasurable),
  }
}

function sort(problems: readonly Problem[], strict: boolean): { counted: Problem[]; unmeasurable: Problem[] } {
  const isForeign = problems.some(isForeignSource)
  // Two objects of one name are valid each: which of them is meant is a matter of loading them together.
  const ordered = [...problems].sort((a, b) => a.line - b.line)
  const judged = ordered.map((one): Problem => (one.code === 'duplicate_name' ? { ...one, severity: 'warning' } : one))
  if (!strict && !isForeign) return { counted: judged, unmeasurable: [] }
  const reasons = judged.filter(
    (one) => one.layer === 'plan' && (isForeign ? isForeignSource(one) : one.severity === 'error'),
  )
  return { counted: judged.filter(({ layer }) => layer !== 'plan'), unmeasurable: reasons.slice(0, 1) }
}

const findingOf = ({ path, code, message, hint, line }: Problem): Finding => ({
  path,
  code,
  message: hint === undefined ? message : `${message}. ${hint}`,
  line,
})
