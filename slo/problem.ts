/**
 * Where a problem was found, in the order documents are read: syntax and types, the rules of OpenSLO v1, advice,
 * and what Plumbline can measure. Loading an SLO needs all four; `lint` never refuses.
 */
export const PROBLEM_LAYERS = ['decode', 'schema', 'lint', 'plan'] as const
export type ProblemLayer = (typeof PROBLEM_LAYERS)[number]

/** Something wrong, or worth a warning, in a document its author can mend: what, where, and what to do. */
export interface Problem {
  severity: 'error' | 'warning'
  layer: ProblemLayer
  file: string
  /** 1-based line of the property, or of the nearest thing above it that is there. */
  line: number
  /** `spec.objectives[0].target`, '' for the document itself. */
  path: string
  /** As the official OpenSLO Go SDK names it, where it has a name for it. */
  code: string
  message: string
  hint?: string
}

/** `slos/a.yaml:12: error: spec.objectives[0].target: must be less than 1 (less_than). Say 0.999 …` */
export function problemLine({ severity, file, line, path, code, message, hint }: Problem): string {
  const where = path === '' ? '' : `${path}: `
  return `${file}:${line}: ${severity}: ${where}${message} (${code})${hint ? `. ${hint}` : ''}`
}

export const refuses = (problems: readonly Problem[]): boolean => problems.some(({ severity }) => severity === 'error')
