/** Keeps the telemetry of the builders, which is of a fixed day, whenever the tests run. */
export const LONG_RETENTION = {
  spans: '3650d',
  notableSpans: '3650d',
  calls: '3650d',
  metrics: '3650d',
  rollups: '3650d',
}
