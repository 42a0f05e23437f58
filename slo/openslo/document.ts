import { z } from 'zod'
import { refuses } from '../problem.ts'
import {
  type AlertConditionSpec,
  type AlertPolicySpec,
  type AlertTargetSpec,
  alertConditionSpec,
  alertPolicySpec,
  alertTargetSpec,
} from './alert-schema.ts'
import { reportDeviations } from './deviations.ts'
import { reportIssue } from './issues.ts'
import { convertOlder } from './other-versions.ts'
import { description, type Metadata, metadata, notEmpty, optional, rule } from './rules.ts'
import { type SliSpec, sliSpec } from './sli-schema.ts'
import { type SloSpec, sloSpec } from './slo-schema.ts'
import { isRecord, type Reporter, reporterFor, type SourceObject } from './source.ts'
import { suggest } from './suggest.ts'

export const API_VERSION = 'openslo/v1'

/** An object that is valid OpenSLO v1, with what was said about it so far. */
interface Envelope<Kind extends string, Spec> {
  kind: Kind
  metadata: Metadata
  spec: Spec
  source: SourceObject
  report: Reporter
}
export interface DataSourceSpec {
  type: string
}
export type SloDocument = Envelope<'SLO', SloSpec>
export type SliDocument = Envelope<'SLI', SliSpec>
export type AlertPolicyDocument = Envelope<'AlertPolicy', AlertPolicySpec>
export type AlertConditionDocument = Envelope<'AlertCondition', AlertConditionSpec>
export type AlertTargetDocument = Envelope<'AlertNotificationTarget', AlertTargetSpec>
export type OpenSloDocument =
  | SloDocument
  | SliDocument
  | Envelope<'Service', unknown>
  | Envelope<'DataSource', DataSourceSpec>
  | AlertPolicyDocument
  | AlertConditionDocument
  | AlertTargetDocument

const SPECS = {
  SLO: notEmpty(sloSpec),
  SLI: sliSpec,
  Service: optional(z.strictObject({ description })),
  DataSource: z.strictObject({ type: z.string().min(1), description, connectionDetails: z.unknown() }).refine(
    // Null is a value here: a source that needs no details.
    (spec) => spec.connectionDetails !== undefined,
    { ...rule('required', 'is required: any YAML, null where there is nothing to say'), path: ['connectionDetails'] },
  ),
  AlertPolicy: alertPolicySpec,
  AlertCondition: notEmpty(alertConditionSpec),
  AlertNotificationTarget: alertTargetSpec,
} as const
export type Kind = keyof typeof SPECS
export const KINDS = Object.keys(SPECS) as Kind[]

/** Verdict on one object: the document when it is valid, and always the name and kind as far as they can be told. */
export interface Decoded {
  source: SourceObject
  kind: Kind | null
  name: string | null
  document: OpenSloDocument | null
  report: Reporter
}

/**
 * Reads one object as OpenSLO v1: syntax, unknown fields and types first, then the rules of its kind.
 * @param strict refuse what only OpenSLO's official validator refuses, instead of warning
 */
export function decodeDocument(original: SourceObject, strict = false): Decoded {
  const converted = convertOlder(original)
  const source = converted?.source ?? original
  const report = reporterFor(source)
  const { value } = source
  if (!isRecord(value)) {
    report.error('decode', [], 'invalid_type', 'expected an object with apiVersion, kind, metadata and spec')
    return { source, kind: null, name: null, document: null, report }
  }
  if (converted) {
    const message = `${converted.from} is read as ${API_VERSION}`
    report.warning('lint', ['apiVersion'], 'converted', message, `Write it as ${API_VERSION}`)
  }
  const kind = KINDS.find((known) => known === value.kind) ?? null
  const stated = isRecord(value.metadata) ? value.metadata.name : undefined
  const named = { source, kind, name: typeof stated === 'string' && stated !== '' ? stated : null, report }
  if (!isVersionKnown(value.apiVersion, report) || !isKindKnown(kind, value.kind, report)) {
    return { ...named, document: null }
  }
  reportDeviations(kind, value, report, strict)
  const envelope = z.strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal(kind),
    metadata,
    spec: SPECS[kind],
  })
  const result = envelope.safeParse(value, { reportInput: true })
  if (!result.success) for (const issue of result.error.issues) reportIssue(issue, report)
  if (!result.success || refuses(report.problems)) return { ...named, document: null }
  const { metadata: meta, spec } = result.data
  return { ...named, document: { kind, metadata: meta, spec, source, report } as OpenSloDocument }
}

const OTHER_VERSIONS: Record<string, string> = {
  'openslo/v1alpha': 'Rewrite the SLO as openslo/v1: its metric has no place for what Plumbline needs to know',
  'openslo.com/v2alpha': 'Rewrite the object as openslo/v1',
}

function isVersionKnown(version: unknown, report: Reporter): boolean {
  if (version === API_VERSION) return true
  if (version === undefined || version === null) {
    report.error('schema', ['apiVersion'], 'required', 'is required', `Say apiVersion: ${API_VERSION}`)
  } else {
    const hint = OTHER_VERSIONS[String(version)] ?? `Plumbline reads ${API_VERSION}`
    report.error('decode', ['apiVersion'], 'unsupported_version', `${JSON.stringify(version)} is not read`, hint)
  }
  return false
}

function isKindKnown(kind: Kind | null, stated: unknown, report: Reporter): kind is Kind {
  if (kind) return true
  if (stated === undefined || stated === null) report.error('schema', ['kind'], 'required', 'is required')
  else {
    const hint = suggest(String(stated), KINDS)
    report.error('decode', ['kind'], 'unknown_kind', `${JSON.stringify(stated)} is no kind of OpenSLO v1`, hint)
  }
  return false
}
