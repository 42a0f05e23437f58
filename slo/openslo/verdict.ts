import { type Problem, refuses } from '../problem.ts'
import type { Decoded } from './document.ts'
import { isForeignSource } from './metric-source.ts'
import type { Plan } from './plan.ts'
import { isRecord, reporterFor } from './source.ts'

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
  /** Why Plumbline cannot load it, where that does not count against the document; absent where it can, or where it is invalid. */
  unmeasurable?: Finding[]
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
 * else also what keeps Plumbline from loading it counts, unless its metrics come from elsewhere: a document that is valid
 * and not `unmeasurable` is one that `start` loads and `PUT /slos/{slo}` takes.
 * @param unread problems of texts that could not be read at all
 */
export function verdictsOf(
  { decoded, slos }: Pick<Plan, 'decoded' | 'slos'>,
  { unread = [], strict = false }: { unread?: readonly Problem[]; strict?: boolean } = {},
): Verdicts {
  const indexes = new Map<string, number>()
  const refused = new Set(slos.flatMap(({ name, slo }) => (slo === null ? [name] : [])))
  const sorted = decoded.map((one) => {
    const { source, name, report } = one
    const { file, value } = source
    const index = indexes.get(file) ?? 0
    indexes.set(file, index + 1)
    const kind = isRecord(value) && typeof value.kind === 'string' ? value.kind : null
    const problems = [...report.problems, ...refusedWithAnother(one, refused)]
    return { file, index, kind, name, ...sort(problems, strict) }
  })
  const broken = unread.map((problem) => ({
    ...{ file: problem.file, index: 0, kind: null, name: null },
    ...{ counted: [problem], unmeasurable: [] },
  }))
  const all = [...broken, ...sorted].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.index - b.index))
  return {
    documents: all.map(({ file, index, kind, name, counted, unmeasurable }) => {
      const of = (severity: Problem['severity']) => counted.filter((one) => one.severity === severity).map(findingOf)
      const errors = of('error')
      const valid = errors.length === 0
      const verdict = { file, index, kind, name, valid, errors, warnings: of('warning') }
      return valid && unmeasurable.length > 0 ? { ...verdict, unmeasurable: unmeasurable.map(findingOf) } : verdict
    }),
    problems: all.flatMap(({ counted }) => counted),
    unmeasurable: all.flatMap(({ unmeasurable }) => unmeasurable),
  }
}

/** Of SLOs with one name none is loaded: the one that stands first is refused with the others, where that is reported. */
function refusedWithAnother({ kind, name, source, report }: Decoded, refused: ReadonlySet<string>): Problem[] {
  if (kind !== 'SLO' || name === null || !refused.has(name) || refuses(report.problems)) return []
  const twin = reporterFor(source)
  const message = `there are several SLOs named '${name}', so none of them is loaded`
  twin.error('plan', ['metadata', 'name'], 'duplicate_name', message, 'Rename or remove one')
  return twin.problems
}

function sort(problems: readonly Problem[], strict: boolean): { counted: Problem[]; unmeasurable: Problem[] } {
  const isForeign = problems.some(isForeignSource)
  const judged = [...problems].sort((a, b) => a.line - b.line)
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
