import { durationMinutes } from '../budget/window.ts'
import { generationOf } from '../generation.ts'
import { alertLabels, parseLabels } from '../labels.ts'
import { NO_DATA_POLICIES, type Slo } from '../model.ts'
import { alertModeOf, guardsOf, planTiers } from './alerting.ts'
import { type Annotations, readAnnotations } from './annotations.ts'
import { type Part, readComposite } from './composite.ts'
import type { OpenSloDocument, SliDocument, SloDocument } from './document.ts'
import { indicatorFor, type ReadSli, readSli, warnQuietMinutes } from './indicator.ts'
import { lintReferenced } from './lint.ts'
import { isForeignSource, type SourceContext } from './metric-source.ts'
import { methodOf, readObjective } from './objective.ts'
import { readPolicies } from './policies.ts'
import { find, type References, resolve } from './references.ts'
import { isComposite, type ObjectiveSpec } from './slo-schema.ts'
import type { PropertyPath } from './source.ts'
import { readWindow } from './window.ts'

/** All objects loaded, as far as an SLO may refer to them. */
export interface PlanContext {
  references: References
  annotations: ReadonlyMap<OpenSloDocument, Annotations>
  /** SLIs that can be measured; one that is refused is absent. */
  slis: ReadonlyMap<OpenSloDocument, ReadSli>
  typeOf: SourceContext['typeOf']
  /** Of the configuration; absent where it is not known. */
  endpoints?: readonly string[] | undefined
}

/** An SLI with what its annotations say. */
interface FoundSli {
  sli: ReadSli
  annotations: Annotations
}

/** Of objectives and of policies: each is judged at every tick. */
const MOST_ITEMS = 100

/**
 * The SLOs of one valid document: one for each objective, or a single composite. Reads on after an error, so that the
 * author hears of all of them at once; with any error in the document's report the result must not be used.
 */
export function planSlo(document: SloDocument, context: PlanContext): Slo[] {
  const { metadata, spec, report } = document
  for (const key of ['objectives', 'alertPolicies'] as const) {
    const length = spec[key]?.length ?? 0
    if (length <= MOST_ITEMS) continue
    report.error('plan', ['spec', key], 'slice_max_length', `has ${length} items: at most ${MOST_ITEMS} are read`)
    return []
  }
  const own: Annotations = context.annotations.get(document) ?? new Map()
  const window = readWindow(spec, report)
  const noData = NO_DATA_POLICIES.find((known) => known === own.get('no-data')) ?? 'gap'
  const alerting = alertModeOf(spec, own, report)
  const read = readPolicies(spec, { ...context, report })
  if (spec.objectives.length === 0) {
    report.error('plan', ['spec', 'objectives'], 'slice_min_length', 'must have an objective')
  }
  const found = sliOfAll(document, context)
  const parts = spec.objectives.flatMap((objectiveSpec, index): Part[] => {
    const at = ['spec', 'objectives', index]
    const sli = isComposite(spec) ? sliOfMember(objectiveSpec, at, document, context) : found
    const shape = { method: methodOf(spec), noData, byDefault: alerting !== 'off' && alerting !== 'openslo' }
    const objective = window && readObjective(objectiveSpec, { ...shape, window }, at, report)
    const indicator = sli && indicatorFor(sli.sli, objectiveSpec, at, report)
    if (!objective || !indicator) return []
    warnQuietMinutes(indicator, objective, at, report)
    return [{ spec: objectiveSpec, objective, indicator }]
  })
  const service = find(context.references, 'Service', spec.service)
  const ofService: Annotations = (service && context.annotations.get(service)) ?? new Map()
  const ofSli: Annotations = found?.annotations ?? new Map()
  const shared = {
    description: spec.description ?? '',
    service: spec.service,
    labels: alertLabels(metadata.labels ?? {}, { ...read?.labels, ...parseLabels(own.get('labels') ?? '') }),
    owner: own.get('owner') ?? read?.owner ?? ofSli.get('owner') ?? ofService.get('owner') ?? '',
    runbook: own.get('runbook') ?? read?.runbook ?? ofSli.get('runbook') ?? ofService.get('runbook') ?? '',
    guards: guardsOf(
      own,
      alerting,
      parts.map(({ indicator }) => indicator),
    ),
    alerting,
    policies: spec.alertPolicies?.length ? (read?.policies ?? null) : null,
    settleMinutes: durationMinutes(own.get('settle') ?? ofSli.get('settle') ?? '') ?? leastSettle(parts),
  }
  const title = metadata.displayName ?? metadata.name
  if (parts.length < spec.objectives.length) return []
  if (isComposite(spec)) {
    const composite = readComposite(metadata.name, parts, own, report)
    if (!composite) return []
    const tiers = planTiers(alerting, { ...composite, read }, ['spec', 'objectives'], report)
    const generation = generationOf(composite.indicator)
    return [{ name: metadata.name, displayName: title, ...shared, ...composite, generation, tiers }]
  }
  const names = namesOf(document)
  return parts.map(({ objective, indicator, spec: { displayName } }, index) => ({
    name: names[index] ?? metadata.name,
    displayName: parts.length > 1 && displayName ? `${title}: ${displayName}` : title,
    ...shared,
    indicator,
    generation: generationOf(indicator),
    objective,
    tiers: planTiers(alerting, { indicator, objective, read }, ['spec', 'objectives', index], report),
  }))
}

/** The open minute has not counted everything: judged by its count so far it would look too quiet. */
const leastSettle = (parts: readonly Part[]): number =>
  parts.some(({ indicator }) => indicator.source === 'rate') ? 1 : 0

/** The document's name for its first objective, `document:objective` for the others. */
function namesOf({ metadata, spec, report }: SloDocument): string[] {
  const names: string[] = []
  for (const [index, { displayName }] of spec.objectives.entries()) {
    const slug = slugOf(displayName ?? '') || `objective-${index + 1}`
    const name = index === 0 ? metadata.name : `${metadata.name}:${slug}`
    if (names.includes(name)) {
      const at = ['spec', 'objectives', index, 'displayName']
      const message = `another objective is called '${slug}', too: names are compared in lower case, by letters and digits`
      report.error('plan', at, 'duplicate_name', message, 'Rename one of them')
    }
    names.push(name)
  }
  return names
}

/** `Within 300 ms` → `within-300-ms` */
const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')

/** The SLI of an SLO that is no composite. */
function sliOfAll(document: SloDocument, context: PlanContext): FoundSli | null {
  const { spec } = document
  if (isComposite(spec)) return null
  if (spec.indicator) return inlineSli(spec.indicator, ['spec', 'indicator'], document, context)
  return referencedSli(spec.indicatorRef ?? '', spec.objectives, ['spec', 'indicatorRef'], document, context)
}

function sliOfMember(
  objective: ObjectiveSpec,
  at: PropertyPath,
  document: SloDocument,
  context: PlanContext,
): FoundSli | null {
  if (objective.indicator) return inlineSli(objective.indicator, [...at, 'indicator'], document, context)
  const path = [...at, 'indicatorRef']
  if (objective.indicatorRef) return referencedSli(objective.indicatorRef, [], path, document, context)
  return document.report.error('plan', path, 'required', 'is required in every objective of a composite')
}

function inlineSli(
  { metadata, spec }: NonNullable<SloDocument['spec']['indicator']>,
  at: PropertyPath,
  { report }: SloDocument,
  { typeOf }: PlanContext,
): FoundSli | null {
  const annotations = readAnnotations('SLI', metadata, report, [...at, 'metadata'])
  const sli = readSli(metadata.name, spec, [...at, 'spec'], { report, typeOf })
  return sli && { sli, annotations }
}

function referencedSli(
  name: string,
  objectives: readonly ObjectiveSpec[],
  at: PropertyPath,
  { report }: SloDocument,
  { references, slis, annotations }: PlanContext,
): FoundSli | null {
  const found = resolve(references, 'SLI', name, at, report)
  if (!found) return null
  const document = found.document as SliDocument | null
  if (document) lintReferenced([...objectives], document.spec, report)
  const why = found.report.problems.find(({ severity }) => severity === 'error')
  const sli = document && slis.get(document)
  if (!why) return sli ? { sli, annotations: annotations.get(document) ?? new Map() } : null
  const message = `v1.SLI '${found.name}' is refused: ${why.file}:${why.line}: ${why.message}`
  return report.error('plan', at, isForeignSource(why) ? 'unsupported_source' : 'ref_invalid', message)
}
