import { generationOf } from '../generation.ts'
import { alertLabels, parseLabels } from '../labels.ts'
import type { Indicator, Slo, Tier } from '../model.ts'
import { type Problem, refuses } from '../problem.ts'
import { defaultTiers } from '../tiers.ts'
import { type Annotations, readAnnotations } from './annotations.ts'
import { decodeDocument, type OpenSloDocument, type SliDocument, type SloDocument } from './document.ts'
import { type DataSourceType, readIndicator } from './indicator.ts'
import { lintDocument, lintObjectives } from './lint.ts'
import { readObjective } from './objective.ts'
import { find, type References, referencesOf, reportDuplicates, resolve } from './references.ts'
import { isComposite } from './slo-schema.ts'
import type { SourceObject } from './source.ts'

/** One SLO of what was loaded: measurable, or refused with at least one error. */
export interface PlannedSlo {
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
}

/** Alerts need this many events, and bad ones, in their long window unless an SLO says otherwise; see docs/slo.md. */
const DEFAULT_GUARDS = { minEvents: 100, minBadEvents: 5 }

interface Context {
  references: References
  annotations: ReadonlyMap<OpenSloDocument, Annotations>
  /** SLIs that can be measured; one that is refused is absent. */
  indicators: ReadonlyMap<OpenSloDocument, Indicator>
  typeOf: DataSourceType
}

/**
 * Reads OpenSLO objects into SLOs that Plumbline can measure. References are resolved by kind and name over all objects.
 * An SLO with any error is refused as a whole; the others are not affected.
 */
export function planObjects(objects: readonly SourceObject[]): Plan {
  const decoded = objects.map(decodeDocument)
  const documents = decoded.flatMap(({ document }) => (document ? [document] : []))
  const references = referencesOf(decoded)
  reportDuplicates(references)
  for (const document of documents) {
    lintDocument(document)
    warnIfUnread(document)
  }
  const annotations = new Map(
    documents.map((document) => [document, readAnnotations(document.kind, document.metadata, document.report)]),
  )
  const typeOf: DataSourceType = (name) => {
    const source = find(references, 'DataSource', name)
    return source?.kind === 'DataSource' ? source.spec.type : null
  }
  const indicators = planIndicators(documents, typeOf)
  const context = { references, annotations, indicators, typeOf }

  const slos = new Map<string, PlannedSlo>()
  for (const { kind, name, document, source, report } of decoded) {
    if (kind !== 'SLO' || name === null) continue
    const slo = document?.kind === 'SLO' ? planSlo(document, context) : null
    const same = slos.get(name)
    const problems = [...(same?.problems ?? []), ...report.problems]
    slos.set(name, { name, file: same?.file ?? source.file, slo: refuses(problems) ? null : slo, problems })
  }
  return {
    slos: [...slos.values()],
    problems: decoded.flatMap(({ report }) => report.problems),
    unreadable: new Set(
      decoded
        .filter(({ kind, name }) => kind === null || (kind === 'SLO' && name === null))
        .map(({ source }) => source.file),
    ),
  }
}

function warnIfUnread({ kind, report }: OpenSloDocument): void {
  if (!['AlertPolicy', 'AlertCondition', 'AlertNotificationTarget'].includes(kind)) return
  const message = `${kind} objects are not used yet: SLOs alert by the default burn-rate tiers and the routes of the config`
  report.warning('plan', ['kind'], 'not_supported_yet', message)
}

function planIndicators(
  documents: readonly OpenSloDocument[],
  typeOf: DataSourceType,
): Map<OpenSloDocument, Indicator> {
  const planned = new Map<OpenSloDocument, Indicator>()
  for (const document of documents) {
    if (document.kind !== 'SLI') continue
    const { metadata, spec, report } = document
    const indicator = readIndicator(metadata.name, spec, ['spec'], report, typeOf)
    if (indicator) planned.set(document, indicator)
  }
  return planned
}

/** Reads on after an error, so that the author hears of all of them at once. */
function planSlo(document: SloDocument, context: Context): Slo | null {
  const { metadata, spec, report } = document
  const own: Annotations = context.annotations.get(document) ?? new Map()
  const service = find(context.references, 'Service', spec.service)
  const inherited: Annotations = (service && context.annotations.get(service)) ?? new Map()
  const indicator = indicatorOf(document, context)
  const objective = readObjective(spec, report)
  const alerting = own.get('alert-mode') === 'off' ? 'off' : 'mwmb'
  const tiers =
    objective && alerting !== 'off' ? planTiers(document, objective.window.minutes, objective.budgetPpm) : []
  if (spec.alertPolicies?.length && alerting !== 'off') {
    const message = 'not used yet: the default burn-rate tiers alert instead'
    const hint = 'Leave alertPolicies out, or keep them for later'
    report.warning('plan', ['spec', 'alertPolicies'], 'not_supported_yet', message, hint)
  }
  if (!indicator || !objective) return null
  return {
    name: metadata.name,
    displayName: metadata.displayName ?? metadata.name,
    description: spec.description ?? '',
    service: spec.service,
    labels: alertLabels(metadata.labels ?? {}, parseLabels(own.get('labels') ?? '') ?? {}),
    owner: own.get('owner') ?? inherited.get('owner') ?? '',
    runbook: own.get('runbook') ?? inherited.get('runbook') ?? '',
    indicator,
    generation: generationOf(indicator),
    objective,
    tiers,
    guards: {
      minEvents: Number(own.get('min-events') ?? DEFAULT_GUARDS.minEvents),
      minBadEvents: Number(own.get('min-bad-events') ?? DEFAULT_GUARDS.minBadEvents),
    },
    alerting,
    policies: null,
    settleMinutes: 0,
  }
}

function indicatorOf(document: SloDocument, { references, indicators, typeOf }: Context): Indicator | null {
  const { spec, report } = document
  if (isComposite(spec)) {
    const hint = 'Write one SLO per indicator'
    return report.error('plan', ['spec', 'objectives'], 'not_supported_yet', 'not supported yet: composites', hint)
  }
  if (spec.indicator) {
    const at = ['spec', 'indicator']
    readAnnotations('SLI', spec.indicator.metadata, report, [...at, 'metadata'])
    return readIndicator(spec.indicator.metadata.name, spec.indicator.spec, [...at, 'spec'], report, typeOf)
  }
  const at = ['spec', 'indicatorRef']
  const sli = resolve(references, 'SLI', spec.indicatorRef ?? '', at, report)
  if (!sli) return null
  if (sli.document) lintObjectives(spec.objectives, (sli.document as SliDocument).spec, report)
  const why = sli.report.problems.find(({ severity }) => severity === 'error')
  if (!why) return (sli.document && indicators.get(sli.document)) ?? null
  const message = `v1.SLI '${sli.name}' is refused: ${why.file}:${why.line}: ${why.message}`
  return report.error('plan', at, 'ref_invalid', message)
}

function planTiers({ report }: SloDocument, windowMinutes: number, budgetPpm: number): Tier[] {
  const { tiers, warnings } = defaultTiers(windowMinutes, budgetPpm)
  const at = ['spec', 'objectives', 0]
  for (const { code, message } of warnings) report.warning('plan', at, code, message)
  if (tiers.length === 0) {
    const message = `no burn-rate tier can fire with this target over ${windowMinutes} minutes`
    const hint = 'Choose a higher target or a longer window, or say plumbline.dev/alert-mode: "off"'
    report.error('plan', at, 'unreachable_threshold', message, hint)
  }
  return tiers
}
