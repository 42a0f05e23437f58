import type { Slo } from '../model.ts'
import { type Problem, refuses } from '../problem.ts'
import { readAnnotations } from './annotations.ts'
import { type Decoded, decodeDocument, type OpenSloDocument } from './document.ts'
import { type ReadSli, readSli } from './indicator.ts'
import { lintDocument } from './lint.ts'
import type { SourceContext } from './metric-source.ts'
import { planSlo } from './plan-slo.ts'
import { find, referencesOf, reportDuplicates } from './references.ts'
import type { SourceObject } from './source.ts'

/** One SLO of what was loaded: measurable, or refused with at least one error. */
export interface PlannedSlo {
  /** Of a refused document with several objectives, the document's alone. */
  name: string
  file: string
  slo: Slo | null
  problems: Problem[]
}

export interface Plan {
  /** One entry per name. */
  slos: PlannedSlo[]
  /** Of all objects, in the order they were given. */
  problems: Problem[]
  /** Files with an object of unknown kind or an SLO without a name: which SLOs they meant cannot be told. */
  unreadable: ReadonlySet<string>
  /** Every object with what was said about it, in the order they were given. */
  decoded: readonly Decoded[]
}

/**
 * Reads OpenSLO objects into SLOs that Plumbline can measure. References are resolved by kind and name over all objects.
 * An SLO with any error is refused as a whole, with all its objectives; the others are not affected.
 * @param strict refuse what only OpenSLO's official validator refuses, instead of warning
 * @param endpoints of the configuration, where it is known: notification targets that are none of them get a warning
 */
export function planObjects(
  objects: readonly SourceObject[],
  { strict = false, endpoints }: { strict?: boolean; endpoints?: readonly string[] | undefined } = {},
): Plan {
  const decoded = objects.map((object) => decodeDocument(object, strict))
  const documents = decoded.flatMap(({ document }) => (document ? [document] : []))
  const references = referencesOf(decoded)
  reportDuplicates(references)
  for (const document of documents) lintDocument(document)
  const annotations = new Map(
    documents.map((document) => [document, readAnnotations(document.kind, document.metadata, document.report)]),
  )
  const typeOf: SourceContext['typeOf'] = (name) => {
    const source = find(references, 'DataSource', name)
    return source?.kind === 'DataSource' ? source.spec.type : null
  }
  const context = { references, annotations, endpoints, typeOf, slis: planSlis(documents, typeOf) }

  // Of several with one name none is used, whichever of them is the one that was meant.
  const named = Map.groupBy(
    decoded.filter(({ kind, name }) => kind === 'SLO' && name !== null),
    ({ name }) => name as string,
  )
  const slos = [...named].flatMap(([name, same]): PlannedSlo[] => {
    const planned = same.flatMap(({ document }) => (document?.kind === 'SLO' ? planSlo(document, context) : []))
    const problems = same.flatMap(({ report }) => report.problems)
    const file = same[0]?.source.file ?? ''
    if (refuses(problems)) return [{ name, file, slo: null, problems }]
    return planned.map((slo) => ({ name: slo.name, file, slo, problems }))
  })
  return {
    slos,
    problems: decoded.flatMap(({ report }) => report.problems),
    unreadable: new Set(
      decoded
        .filter(({ kind, name }) => kind === null || (kind === 'SLO' && name === null))
        .map(({ source }) => source.file),
    ),
    decoded,
  }
}

function planSlis(
  documents: readonly OpenSloDocument[],
  typeOf: SourceContext['typeOf'],
): Map<OpenSloDocument, ReadSli> {
  const planned = new Map<OpenSloDocument, ReadSli>()
  for (const document of documents) {
    if (document.kind !== 'SLI') continue
    const { metadata, spec, report } = document
    const sli = readSli(metadata.name, spec, ['spec'], { report, typeOf })
    if (sli) planned.set(document, sli)
  }
  return planned
}
