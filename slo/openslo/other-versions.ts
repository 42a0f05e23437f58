import { isRecord, type PropertyPath, type SourceObject } from './source.ts'

/**
 * Objects of OpenSLO's other versions as v1, where nothing is lost: v2alpha says the same in other words, and a v1alpha
 * Service is one of v1. Null for v1 itself, and for what v1 cannot say. Problems keep the lines of the original.
 * Source: https://github.com/OpenSLO/OpenSLO, enhancements/v2alpha.md.
 */
export function convertOlder(source: SourceObject): { source: SourceObject; from: string } | null {
  const { value } = source
  if (!isRecord(value)) return null
  if (value.apiVersion === 'openslo/v1alpha' && value.kind === 'Service') {
    return { from: 'openslo/v1alpha', source: { ...source, value: { ...value, apiVersion: 'openslo/v1' } } }
  }
  if (value.apiVersion !== 'openslo.com/v2alpha' || loses(value)) return null
  const converted = { ...(asV1(value) as Record<string, unknown>), apiVersion: 'openslo/v1' }
  return {
    from: 'openslo.com/v2alpha',
    source: { ...source, value: converted, lineOf: (path) => source.lineOf(originalPath(value, path)) },
  }
}

/** Labels of an objective and the details of an inline data source of another kind have no place in v1. */
function loses(value: Record<string, unknown>): boolean {
  const { spec } = value
  if (!isRecord(spec) || value.kind !== 'SLO') return false
  return Array.isArray(spec.objectives) && spec.objectives.some((one) => isRecord(one) && 'labels' in one)
}

/** v2alpha → v1. `serviceRef` is what the SDK calls the service, `service` the text of the specification. */
const RENAMED: Record<string, string> = { sli: 'indicator', sliRef: 'indicatorRef', serviceRef: 'service' }
const METRICS = ['thresholdMetric', 'good', 'bad', 'total', 'raw']
/** What stands below these is the author's own. */
const FOREIGN = ['labels', 'annotations', 'connectionDetails']

function asV1(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asV1)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (METRICS.includes(key) && isRecord(inner)) return [key, metricAsV1(inner)]
      return [RENAMED[key] ?? key, FOREIGN.includes(key) ? inner : asV1(inner)]
    }),
  )
}

function metricAsV1({ dataSourceRef, dataSourceSpec, spec, ...rest }: Record<string, unknown>): unknown {
  const type = isRecord(dataSourceSpec) ? dataSourceSpec.type : undefined
  const metricSource = {
    ...(dataSourceRef === undefined ? {} : { metricSourceRef: dataSourceRef }),
    ...(type === undefined ? {} : { type }),
    spec,
  }
  return { ...rest, metricSource }
}

/** The path a property of the v1 form had in the v2alpha original. */
function originalPath(original: unknown, path: PropertyPath): PropertyPath {
  const [key, ...rest] = path
  if (key === undefined) return []
  if (key === 'metricSource') {
    const [inner, ...below] = rest
    if (inner === 'type') return ['dataSourceSpec', 'type']
    if (inner === 'metricSourceRef') return ['dataSourceRef']
    return inner === undefined ? [] : [inner, ...below]
  }
  if (Array.isArray(original)) return [key, ...originalPath(original[Number(key)], rest)]
  if (!isRecord(original)) return path
  const [renamed] = Object.entries(RENAMED).find(([from, to]) => to === key && from in original) ?? [String(key)]
  return [renamed, ...originalPath(original[renamed], rest)]
}
