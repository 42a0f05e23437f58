import { durationMinutes } from '../budget/window.ts'
import { parseLabels } from '../labels.ts'
import type { AlertPolicies, Tier } from '../model.ts'
import type { AlertConditionSpec, AlertPolicySpec } from './alert-schema.ts'
import { type Annotations, readAnnotations } from './annotations.ts'
import type { Kind, OpenSloDocument } from './document.ts'
import { type References, resolve } from './references.ts'
import type { Metadata } from './rules.ts'
import { SEVERITY_WORDS, severityOf } from './severity.ts'
import type { SloSpec } from './slo-schema.ts'
import type { PropertyPath, Reporter } from './source.ts'
import { suggest } from './suggest.ts'

/** What the policies of one SLO come to. */
export interface ReadPolicies {
  policies: AlertPolicies
  /** One per condition, with the place in the SLO it came from. */
  tiers: { tier: Tier; at: PropertyPath }[]
  /** Owner, runbook: the first policy that has one. Labels: all together. */
  owner: string | undefined
  runbook: string | undefined
  labels: Record<string, string>
}

interface Context {
  references: References
  annotations: ReadonlyMap<OpenSloDocument, Annotations>
  report: Reporter
  /** Of the configuration; absent where it is not known. */
  endpoints?: readonly string[] | undefined
}

interface Part<Spec> {
  spec: Spec
  annotations: Annotations
}

/** Reads the alert policies of an SLO, inline and by reference; null with the reasons reported. */
export function readPolicies({ alertPolicies }: SloSpec, context: Context): ReadPolicies | null {
  const before = context.report.problems.length
  const read = (alertPolicies ?? []).map((item, index) => {
    const at = ['spec', 'alertPolicies', index]
    const policy = partOf('AlertPolicy', 'alertPolicyRef', item, at, context)
    return policy && { at, ...policy, ...partsOfPolicy(policy.spec, at, item.spec ? [...at, 'spec'] : null, context) }
  })
  const found = read.filter((policy) => policy !== null)
  if (found.length < read.length || context.report.problems.slice(before).some(isError)) return null
  const loud = found.filter(({ spec }) => spec.alertWhenBreaching)
  for (const { spec, at } of found) if (!spec.alertWhenBreaching) warnSilent(spec, at, context.report)
  warnSharedTargets(found, context.report)
  return {
    policies: {
      endpoints: [...new Set(found.flatMap(({ endpoints }) => endpoints))],
      whenBreaching: loud.length > 0,
      whenResolved: found.some(({ spec }) => spec.alertWhenResolved),
      whenNoData: found.some(({ spec }) => spec.alertWhenNoData),
    },
    // A policy that is silent about breaches keeps its condition only where none is loud.
    tiers: (loud.length > 0 ? loud : found).flatMap(({ tiers, at }) => tiers.map((tier) => ({ tier, at }))),
    owner: firstOf(found, 'owner'),
    runbook: firstOf(found, 'runbook'),
    labels: Object.assign({}, ...found.map(({ annotations }) => parseLabels(annotations.get('labels') ?? '') ?? {})),
  }
}

const isError = ({ severity }: { severity: string }) => severity === 'error'

const firstOf = (parts: readonly Part<unknown>[], key: string): string | undefined =>
  parts.map(({ annotations }) => annotations.get(key)).find((value) => value !== undefined)

/** @param inlineAt where its `spec` stands in the SLO; null for a policy that is referred to */
function partsOfPolicy(
  { conditions, notificationTargets }: AlertPolicySpec,
  at: PropertyPath,
  inlineAt: PropertyPath | null,
  context: Context,
): { tiers: Tier[]; endpoints: string[] } {
  const place = (...path: PropertyPath) => (inlineAt ? [...inlineAt, ...path] : at)
  const tiers = conditions.map((item, index) => {
    const where = place('conditions', index)
    const condition = partOf('AlertCondition', 'conditionRef', item, where, context, inlineAt !== null)
    const specAt = inlineAt && item.spec ? [...where, 'spec'] : null
    return condition && readCondition(condition, specAt, where, context.report)
  })
  const targets = notificationTargets.map((item, index) =>
    partOf(
      'AlertNotificationTarget',
      'targetRef',
      item,
      place('notificationTargets', index),
      context,
      inlineAt !== null,
    ),
  )
  for (const [index, target] of targets.entries())
    if (target && context.endpoints?.includes(target.spec.target) === false) {
      const inline = notificationTargets[index]?.spec ? ['spec', 'target'] : ['targetRef']
      warnUnknownTarget(target.spec.target, context.endpoints, place('notificationTargets', index, ...inline), context)
    }
  return {
    tiers: tiers.filter((tier) => tier !== null),
    endpoints: targets.flatMap((target) => (target ? [target.spec.target] : [])),
  }
}

type SpecOf<K extends Kind> = Extract<OpenSloDocument, { kind: K }>['spec']

/** The object itself, or the one it refers to. `isHere` tells whether the reference stands in the SLO itself. */
function partOf<K extends 'AlertPolicy' | 'AlertCondition' | 'AlertNotificationTarget'>(
  kind: K,
  key: string,
  item: {
    reference?: string | null | undefined
    metadata?: Metadata | null | undefined
    spec?: SpecOf<K> | null | undefined
  },
  at: PropertyPath,
  { references, annotations, report }: Context,
  isHere = true,
): Part<SpecOf<K>> | null {
  if (item.spec && item.metadata) {
    const metadataAt = isHere ? [...at, 'metadata'] : at
    return { spec: item.spec, annotations: readAnnotations(kind, item.metadata, report, metadataAt) }
  }
  const path = isHere ? [...at, key] : at
  const found = resolve(references, kind, item.reference ?? '', path, report)
  if (!found) return null
  const why = found.report.problems.find(isError)
  if (why || !found.document) {
    const message = `v1.${kind} '${found.name}' is refused: ${why?.file}:${why?.line}: ${why?.message}`
    return report.error('plan', path, 'ref_invalid', message)
  }
  return { spec: found.document.spec as SpecOf<K>, annotations: annotations.get(found.document) ?? new Map() }
}

/** @param specAt path of the condition's `spec` when it stands in the SLO; its problems are told at `at` otherwise */
function readCondition(
  { spec: { severity: word, condition }, annotations }: Part<AlertConditionSpec>,
  specAt: PropertyPath | null,
  at: PropertyPath,
  report: Reporter,
): Tier | null {
  const place = (...path: PropertyPath) => (specAt ? [...specAt, ...path] : at)
  const severity = severityOf(word)
  if (!severity) {
    const hint = suggest(word, [...SEVERITY_WORDS.page, ...SEVERITY_WORDS.ticket])
    report.error('plan', place('severity'), 'one_of', `'${word}' is neither a page nor a ticket`, hint)
  }
  const longMinutes = durationMinutes(condition.lookbackWindow)
  if (longMinutes === null) {
    report.error('plan', place('condition', 'lookbackWindow'), 'greater_than', 'must be longer than nothing')
  }
  const shortMinutes = durationMinutes(annotations.get('short-window') ?? condition.lookbackWindow)
  if (!severity || longMinutes === null || shortMinutes === null) return null
  if (annotations.has('short-window') && shortMinutes >= longMinutes) {
    const message = `its short window of ${annotations.get('short-window')} must be below its lookbackWindow of ${condition.lookbackWindow}`
    return report.error('plan', at, 'tier_outside_window', message)
  }
  const forMinutes = durationMinutes(condition.alertAfter ?? '') ?? 0
  return {
    severity,
    longMinutes,
    shortMinutes,
    factor: condition.threshold,
    ...(condition.op === 'gt' ? {} : { op: condition.op }),
    ...(forMinutes === 0 ? {} : { forMinutes }),
  }
}

/** It must not swallow an alert, so the routes decide; its author thinks otherwise. */
function warnUnknownTarget(name: string, known: readonly string[], at: PropertyPath, { report }: Context): void {
  const message = `there is no endpoint '${name}' in the configuration, so nobody is told by this name`
  report.warning(
    'plan',
    at,
    'target_unknown',
    message,
    known.length > 0 ? suggest(name, known) : 'Name it in endpoints',
  )
}

function warnSilent({ alertWhenNoData, alertWhenResolved }: AlertPolicySpec, at: PropertyPath, report: Reporter): void {
  const rest = alertWhenNoData ? 'it only tells of missing data' : alertWhenResolved ? 'nothing is ever resolved' : ''
  const message = `does not say alertWhenBreaching: true, so its condition alerts nobody${rest && `; ${rest}`}`
  report.warning('plan', at, 'never_alerts', message, 'Say alertWhenBreaching: true')
}

function warnSharedTargets(policies: readonly { endpoints: string[]; at: PropertyPath }[], report: Reporter): void {
  const [first, ...others] = policies.map(({ endpoints }) => [...new Set(endpoints)].sort().join())
  const index = others.findIndex((endpoints) => endpoints !== first)
  if (index < 0) return
  const message = 'has other targets than the first policy: all targets of an SLO hear of all its alerts'
  const hint = 'Say who hears of pages and of tickets in the routes of the configuration'
  report.warning('plan', policies[index + 1]?.at ?? [], 'targets_shared', message, hint)
}
