import { Hono } from 'hono'
import type { Registry } from 'prom-client'
import type { Log } from '../runtime/log.ts'
import type { DependencyBoard } from './dependency-board.ts'
import { healthFamilies } from './dependency-metrics.ts'
import { type Family, familiesOf, formatFor, renderFamilies } from './exposition.ts'
import type { SloBoard } from './slo-board.ts'
import { sloFamilies } from './slo-metrics.ts'

interface MetricsDeps {
  /** Process and self metrics. */
  metrics: Registry
  board: () => Promise<SloBoard>
  dependencies: () => Promise<DependencyBoard>
  requests: () => Promise<Family[]>
  version: string
  log: Log
}

/** Prometheus exposition: what the store knows, then what this process knows of itself. */
export function metricsRoute(deps: MetricsDeps): Hono {
  const { metrics, version } = deps
  return new Hono().get('/metrics', async (c) => {
    const [stored, own] = await Promise.all([storedFamilies(deps), metrics.getMetricsAsJSON().then(familiesOf)])
    const format = formatFor(c.req.header('accept'))
    return c.body(renderFamilies([buildInfo(version), ...stored, ...own], format), 200, {
      'content-type': format,
      vary: 'accept',
    })
  })
}

/** Without the store the series of SLOs and dependencies are absent, and one gauge says why; the rest is still told. */
async function storedFamilies({ board, dependencies, requests, log }: MetricsDeps): Promise<Family[]> {
  const found = await Promise.all([board(), dependencies(), requests()]).catch((error: unknown) => {
    log.error({ err: error }, 'the store cannot be read: /metrics tells of this process only')
    return null
  })
  const reachable = gauge('plumbline_store_reachable', '1 while the store can be read, else 0.', found === null ? 0 : 1)
  if (found === null) return [reachable]
  const [slos, health, counted] = found
  const watermark = slos.watermark === null ? [] : [gauge(...WATERMARK, slos.watermark.getTime() / 1000)]
  return [reachable, ...watermark, ...sloFamilies(slos), ...counted, ...healthFamilies(health)]
}

const WATERMARK = ['plumbline_ingest_watermark_timestamp_seconds', 'Event time up to which data is complete.'] as const

const gauge = (name: string, help: string, value: number): Family => ({
  name,
  type: 'gauge',
  help,
  samples: [{ labels: {}, value }],
})

const buildInfo = (version: string): Family => ({
  name: 'plumbline_build_info',
  type: 'gauge',
  help: 'Always 1; the labels tell the version.',
  samples: [{ labels: { version }, value: 1 }],
})
