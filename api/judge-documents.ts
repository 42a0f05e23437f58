import type { Slo } from '../slo/model.ts'
import { type PlannedSlo, planObjects } from '../slo/openslo/plan.ts'
import type { SourceObject } from '../slo/openslo/source.ts'
import { type Finding, type Verdicts, verdictsOf } from '../slo/openslo/verdict.ts'
import type { Problem } from '../slo/problem.ts'
import { documentOf } from '../slo/reconcile.ts'
import { parseSloText } from '../storage/slo-text.ts'

/**
 * The verdict on OpenSLO documents as they were sent. What goes in and comes out is plain data, so that a worker may do it.
 * @param endpoints of the configuration, where it is known
 */
export function judgeText(
  text: string,
  { strict = false, endpoints }: { strict?: boolean; endpoints?: readonly string[] | undefined } = {},
): { slos: PlannedSlo[]; verdicts: Verdicts } {
  const { objects, problems } = parseSloText(text, 'body')
  const excess = tooManyObjects(objects)
  const plan = planObjects(excess ? [] : objects, { strict, endpoints })
  return { slos: plan.slos, verdicts: verdictsOf(plan, { unread: excess ? [excess] : problems, strict }) }
}

/** Objects of one request. A repository of more is what `plumbline validate` is for. */
const MAX_OBJECTS = 500

/** Why the objects of a request are not looked at, when they are too many. */
export function tooManyObjects(objects: readonly SourceObject[]): Problem | null {
  if (objects.length <= MAX_OBJECTS) return null
  const message = `holds ${objects.length} documents; send at most ${MAX_OBJECTS} at once, or use plumbline validate`
  const place = { severity: 'error', layer: 'decode', file: 'body', line: 1, path: '' } as const
  return { ...place, code: 'too_many_documents', message }
}

/** A document that can be put into force under its name, or why not, with everything that is wrong. */
export type JudgedForName =
  | { planned: (PlannedSlo & { slo: Slo })[]; warnings: Finding[] }
  | { refused: string; errors: Finding[] }

/** The same verdict as `judgeText`, for the one SLO that a request names. */
export function judgeForName(text: string, name: string, endpoints?: readonly string[]): JudgedForName {
  const { slos, verdicts } = judgeText(text, { endpoints })
  const errors = verdicts.documents.flatMap((document) => [...document.errors, ...(document.unmeasurable ?? [])])
  if (errors.length > 0) return { refused: `${name} is refused, and nothing has changed`, errors }
  const documents = verdicts.documents.filter(({ kind }) => kind === 'SLO').map((document) => document.name ?? '')
  const others = documents.filter((one) => one !== name)
  if (others.length > 0 || documents.length === 0) {
    const found = others.length > 0 ? `it has ${others.join(', ')}` : 'it has none'
    const message = `The body must hold the SLO ${name} and no other: ${found}`
    return { refused: message, errors: [{ path: 'metadata.name', code: 'equal_to', message, line: 1 }] }
  }
  const planned = slos.filter((one): one is PlannedSlo & { slo: Slo } => one.slo !== null)
  const warnings = verdicts.documents.flatMap((document) => document.warnings)
  return { planned: planned.filter((one) => documentOf(one.name) === name), warnings }
}
