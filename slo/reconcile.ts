import { canonicalJson } from './generation.ts'
import type { Slo } from './model.ts'
import type { PlannedSlo } from './openslo/plan.ts'
import type { Problem } from './problem.ts'

/** What is known of one SLO's definition: the version in force, and whether a later one was refused. */
export interface Definition {
  name: string
  /** `invalid`: the latest version was refused. */
  state: 'active' | 'invalid'
  /** The last good version, which stays in force; null when there never was one. */
  slo: Slo | null
  /** Why the latest version was refused, or warnings about it. */
  problems: readonly Problem[]
  /** `file:slos/checkout.yaml`, or `api`. */
  source: string
}

export type DefinitionChange = Definition | { name: string; state: 'removed'; source: string }

/** SLOs as read from files. */
export interface LoadedSlos {
  slos: readonly PlannedSlo[]
  problems: readonly Problem[]
  /** Files that could not be read as a whole: which SLOs they hold cannot be told. */
  unreadable: ReadonlySet<string>
  /** False when the directory itself could not be read: nothing is known to be gone. */
  complete: boolean
}

const FILE = 'file:'

/** The document an SLO comes from: its second and later objectives are `document:objective`. */
export const documentOf = (name: string): string => name.split(':', 1)[0] ?? name

/** Where a file's definitions come from. */
export const fileSource = (file: string): string => FILE + file

/**
 * What changes when files are read again. A refused SLO keeps its last good version in force, and an SLO is only gone
 * when its file was read and no longer has it. Files win over the API; what came through the API and is in no file stays.
 */
export function reconcile(
  previous: readonly Definition[],
  loaded: LoadedSlos,
): { definitions: Definition[]; changes: DefinitionChange[] } {
  const before = new Map(previous.map((definition) => [definition.name, definition]))
  const definitions = loaded.slos.map(({ name, file, slo, problems }): Definition => {
    const place = { name, problems, source: fileSource(file) }
    return slo ? { ...place, state: 'active', slo } : { ...place, state: 'invalid', slo: before.get(name)?.slo ?? null }
  })
  const named = new Set(definitions.map(({ name }) => name))
  const documents = new Set(definitions.map(({ name }) => documentOf(name)))
  const refused = new Map(loaded.slos.filter(({ slo }) => slo === null).map((one) => [one.name, one]))
  const changes: DefinitionChange[] = []
  for (const absent of previous.filter(({ name }) => !named.has(name))) {
    const document = documentOf(absent.name)
    const kept = keep(absent, loaded, refused.get(document), documents.has(document))
    if (kept) definitions.push(kept)
    else changes.push({ name: absent.name, state: 'removed', source: absent.source })
  }
  for (const definition of definitions) {
    const known = before.get(definition.name)
    if (!known || canonicalJson(contentOf(known)) !== canonicalJson(contentOf(definition))) changes.push(definition)
  }
  return { definitions, changes }
}

/** The source of what came through the API. */
export const API_SOURCE = 'api'

/**
 * What changes when a good document comes through the API under a name: its SLOs are in force, and objectives it no
 * longer has are gone. Without SLOs the document is removed. Nothing changes for the same document again.
 */
export function replaceDocument(
  previous: readonly Definition[],
  document: string,
  planned: readonly (PlannedSlo & { slo: Slo })[],
): DefinitionChange[] {
  const before = previous.filter(({ name }) => documentOf(name) === document)
  const after = planned.map(
    ({ name, slo, problems }): Definition => ({ name, state: 'active', slo, problems, source: API_SOURCE }),
  )
  const named = new Set(after.map(({ name }) => name))
  const isKnown = (definition: Definition) =>
    before.some(
      (known) =>
        canonicalJson(contentOf(known)) === canonicalJson(contentOf(definition)) && known.name === definition.name,
    )
  return [
    ...before
      .filter(({ name }) => !named.has(name))
      .map(({ name }): DefinitionChange => ({ name, state: 'removed', source: API_SOURCE })),
    ...after.filter((definition) => !isKnown(definition)),
  ]
}

/** The file a definition is kept in; null for what came through the API. */
export const fileOf = ({ source }: Pick<Definition, 'source'>): string | null =>
  source.startsWith(FILE) ? source.slice(FILE.length) : null

/** An SLO that no file names any more, if it is not known to be gone. */
function keep(
  definition: Definition,
  { problems, unreadable, complete }: LoadedSlos,
  document: PlannedSlo | undefined,
  isNamed: boolean,
): Definition | null {
  // A refused document tells its own name alone: which objectives it meant cannot be told.
  if (document)
    return { ...definition, state: 'invalid', problems: document.problems, source: fileSource(document.file) }
  const file = fileOf(definition)
  // Files win: a document of theirs has its own objectives, and none that came through the API.
  if (file === null) return isNamed ? null : definition
  if (complete && !unreadable.has(file)) return null
  const reasons = problems.filter((problem) => problem.severity === 'error' && (!complete || problem.file === file))
  return { ...definition, state: 'invalid', problems: reasons }
}

const contentOf = ({ state, slo, problems, source }: Definition) => ({ state, slo, problems, source })
