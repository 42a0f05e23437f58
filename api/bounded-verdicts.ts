import type { Finding, Verdict } from '../slo/openslo/verdict.ts'

/** What one answer lists, of all documents together; a text of garbage has a fault in every line. */
export const MAX_FINDINGS = 100
/** Characters of one text in an answer: messages quote what was sent. */
const MAX_CHARACTERS = 500

const cut = (text: string): string => (text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}…`)

const cutFinding = ({ path, code, message, line }: Finding): Finding => ({
  ...{ path: cut(path), code: cut(code), message: cut(message), line },
})

/** The first of a list, and one more that says how many are not listed. */
export function boundFindings(findings: readonly Finding[], limit = MAX_FINDINGS): Finding[] {
  const listed = findings.slice(0, limit).map(cutFinding)
  const more = findings.length - listed.length
  if (more === 0) return listed
  const { line } = findings[listed.length] as Finding
  const message = `${more} more ${more === 1 ? 'is' : 'are'} not listed`
  return [...listed, { path: '', code: 'not_listed', message, line }]
}

/** Verdicts of bounded length: errors of all documents first, in order, then warnings. */
export function boundVerdicts(documents: readonly Verdict[]): Verdict[] {
  let left = MAX_FINDINGS
  const take = (findings: readonly Finding[]): Finding[] => {
    const bounded = boundFindings(findings, left)
    left = Math.max(0, left - findings.length)
    return bounded
  }
  const withErrors = documents.map((document) => ({ ...document, errors: take(document.errors) }))
  return withErrors.map(({ kind, name, unmeasurable, ...document }) => ({
    ...document,
    kind: kind === null ? null : cut(kind),
    name: name === null ? null : cut(name),
    warnings: take(document.warnings),
    ...(unmeasurable && { unmeasurable: take(unmeasurable) }),
  }))
}
