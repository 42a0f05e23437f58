import type { Problem, ProblemLayer } from '../problem.ts'

export type PropertyPath = readonly (string | number)[]

/** One OpenSLO object as it was read from a file or a request: plain values, and the lines they stand on. */
export interface SourceObject {
  file: string
  value: unknown
  /** 1-based line of a property; of the nearest one above it where the property is missing. */
  lineOf: (path: PropertyPath) => number
}

/** Collects the problems of one object; `error` and `warning` return null so that a reader can give up with them. */
export interface Reporter {
  readonly problems: Problem[]
  error(layer: ProblemLayer, path: PropertyPath, code: string, message: string, hint?: string): null
  warning(layer: ProblemLayer, path: PropertyPath, code: string, message: string, hint?: string): null
}

/** More than anybody mends at a time; each takes its place in the log and the store. */
const MOST_PROBLEMS = 100
const LONGEST_TEXT = 600

/** A text from the document itself may have any length. */
const cut = (text: string): string => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text)

export function reporterFor({ file, lineOf }: Pick<SourceObject, 'file' | 'lineOf'>): Reporter {
  const problems: Problem[] = []
  const said = { error: 0, warning: 0 }
  const report =
    (severity: Problem['severity']) =>
    (layer: ProblemLayer, path: PropertyPath, code: string, message: string, hint?: string): null => {
      said[severity] += 1
      if (said[severity] > MOST_PROBLEMS) return null
      const place = { severity, layer, file, line: lineOf(path), path: cut(pathText(path)) }
      problems.push({ ...place, code, message: cut(message), ...(hint === undefined ? {} : { hint: cut(hint) }) })
      return null
    }
  return { problems, error: report('error'), warning: report('warning') }
}

/** `['spec', 'objectives', 0, 'op']` → `spec.objectives[0].op`; keys that are no plain words are quoted. */
export const pathText = (path: PropertyPath): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    if (!/^\w+$/.test(key)) return `${text}[${JSON.stringify(key)}]`
    return text === '' ? key : `${text}.${key}`
  }, '')

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const missingReference = (kind: string, name: string, path: PropertyPath): string =>
  `v1.${kind} '${name}' referenced at '${pathText(path)}' does not exist`
