import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The collector's own Prometheus metrics, registered once per registry. */
export function collectorMetrics(registry: Registry) {
  const registers = [registry]
  return {
    /** Registers the gauges, which read their values when they are scraped. */
    observe: (read: () => Levels) => observeLevels(registry, read),
    records: new Counter({
      name: 'plumbline_ingest_records_total',
      help: 'Spans and points by what became of them: accepted, rejected, or duplicate when they or their request were taken before',
      labelNames: ['signal', 'result'],
      registers,
    }),
    rejected: new Counter({
      name: 'plumbline_ingest_rejected_records_total',
      help: 'Spans and points refused, by reason',
      labelNames: ['signal', 'reason'],
      registers,
    }),
    adjusted: new Counter({
      name: 'plumbline_ingest_adjusted_records_total',
      help: 'Spans and points stored with a change, by reason',
      labelNames: ['signal', 'reason'],
      registers,
    }),
    attributes: new Counter({
      name: 'plumbline_ingest_malformed_attributes_total',
      help: 'Attributes whose values do not fit their type, by what became of them: retyped (stored as text) or lost',
      labelNames: ['signal', 'result'],
      registers,
    }),
    /** Registers the counter, which reads its values when it is scraped. */
    observeNames: (read: () => Readonly<Record<string, number>>) => observeNames(registry, read),
    requests: new Counter({
      name: 'plumbline_ingest_requests_total',
      help: 'Answered requests by transport (http, grpc) and HTTP status, for gRPC the one that means the same',
      labelNames: ['signal', 'transport', 'status'],
      registers,
    }),
    bodyBytes: new Counter({
      name: 'plumbline_ingest_body_bytes_total',
      help: 'Request bodies as sent (wire) and after decompression (plain)',
      labelNames: ['form'],
      registers,
    }),
    quarantined: new Counter({
      name: 'plumbline_ingest_quarantined_bytes_total',
      help: 'Bytes of damaged segments set aside; see the folder segments/quarantine',
      registers,
    }),
    syncSeconds: new Histogram({
      name: 'plumbline_ingest_sync_seconds',
      help: 'Writing and syncing one round of requests',
      buckets: SECONDS,
      registers,
    }),
    insertSeconds: new Histogram({
      name: 'plumbline_ingest_insert_seconds',
      help: 'Inserting one segment into one table',
      labelNames: ['table'],
      buckets: SECONDS,
      registers,
    }),
    insertFailures: new Counter({
      name: 'plumbline_ingest_insert_failures_total',
      help: 'Segments that could not be stored and are tried again',
      registers,
    }),
  }
}

export type CollectorMetrics = ReturnType<typeof collectorMetrics>

interface Levels {
  inFlight: number
  pending: number
  bytes: number
  rememberedSpans: number
  spansWindow: number
  callsWindow: number
}

function observeLevels(registry: Registry, read: () => Levels): void {
  const gauge = (name: string, help: string, level: keyof Levels) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read()[level])
      },
    })
  gauge('plumbline_ingest_in_flight_bytes', 'Bodies being read, decoded or waiting for the disk', 'inFlight')
  gauge('plumbline_ingest_segments_pending', 'Sealed segments waiting for ClickHouse', 'pending')
  gauge('plumbline_ingest_segment_bytes', 'Disk taken by segments', 'bytes')
  gauge('plumbline_ingest_remembered_spans', 'Spans remembered, so that one sent again counts once', 'rememberedSpans')
  gauge(
    'plumbline_ingest_remembered_spans_window_seconds',
    'How far back spans are remembered now: one sent again later than that counts twice',
    'spansWindow',
  )
  gauge(
    'plumbline_ingest_waiting_calls_window_seconds',
    'How far back calls wait for their parents now: a parent that comes later does not make a call nested',
    'callsWindow',
  )
}

function observeNames(registry: Registry, read: () => Readonly<Record<string, number>>): void {
  new Counter({
    name: 'plumbline_calls_beyond_name_cap_total',
    help: 'Calls counted under _overflow since the start, by what they had one name too many of: service, env, version, region, errorType, dependency or operation',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [kind, calls] of Object.entries(read())) this.inc({ kind }, calls)
    },
  })
}
