import type { PropertyPath, Reporter } from './source.ts'
import { suggest } from './suggest.ts'

/** Tells of every field in the `spec` of a metric source that this source does not have, with the one that may be meant. */
export function refuseUnknownFields(
  spec: Readonly<Record<string, unknown>>,
  fields: readonly string[],
  { source, at, report }: { source: string; at: PropertyPath; report: Reporter },
): void {
  for (const key of Object.keys(spec)) {
    if (fields.includes(key)) continue
    report.error(
      'plan',
      [...at, key],
      'unknown_field',
      `the source ${source} has no field '${key}'`,
      suggest(key, fields),
    )
  }
}
