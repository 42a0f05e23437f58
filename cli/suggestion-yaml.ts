import { Document } from 'yaml'
import type { SuggestedSlo } from '../slo/replay/suggested-slo.ts'

const INBOUND_TOTAL = { outcome: { not: ['cancelled', 'client_error'] } }

/** A suggestion as an OpenSLO document, with its reasons in a comment above. */
export function suggestionYaml(slo: SuggestedSlo): string {
  const { name, service, dependency, env, kind, targetPpm } = slo
  const place = {
    source: 'calls',
    ...(env === '' ? {} : { env }),
    service,
    ...(dependency === '' ? { direction: 'inbound' } : { dependency }),
  }
  const total = { ...place, ...(dependency === '' ? INBOUND_TOTAL : {}) }
  const metric = (spec: object) => ({ metricSource: { type: 'plumbline', spec } })
  const numerator =
    kind === 'latency'
      ? { good: metric({ ...total, latency: { lte: `${slo.thresholdMs}ms` } }) }
      : { bad: metric({ ...place, outcome: [...slo.badOutcomes] }) }
  const document = new Document({
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name },
    spec: {
      service: serviceName(service),
      description: descriptionOf(slo),
      indicator: {
        metadata: { name },
        spec: { ratioMetric: { ...numerator, total: metric(total) } },
      },
      timeWindow: [{ duration: '28d', isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: [{ displayName: kind === 'latency' ? 'fast enough' : 'answered', target: targetPpm / 1_000_000 }],
    },
  })
  document.commentBefore = slo.reasons.map((reason) => ` ${reason}`).join('\n')
  return document.toString({ lineWidth: 0 })
}

function descriptionOf({ service, dependency, kind, thresholdMs }: SuggestedSlo): string {
  const calls = dependency === '' ? `Requests to ${service}` : `Calls of ${service} to ${dependency}`
  return kind === 'latency' ? `${calls} that took at most ${thresholdMs} ms` : `${calls} that were answered as agreed`
}

/** OpenSLO wants a name here; the selectors keep the service as telemetry has it. */
const serviceName = (service: string) =>
  service
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63) || 'service'
