import type { Decoded, Kind } from './document.ts'
import { missingReference, type PropertyPath, type Reporter } from './source.ts'
import { nearest, suggest } from './suggest.ts'

/** Everything loaded, by kind and name. */
export type References = ReadonlyMap<string, readonly Decoded[]>

const keyOf = (kind: Kind, name: string) => `${kind}/${name}`

export const referencesOf = (decoded: readonly Decoded[]): References =>
  Map.groupBy(
    decoded.filter(({ kind, name }) => kind !== null && name !== null),
    ({ kind, name }) => keyOf(kind as Kind, name as string),
  )

/** Two objects of one kind and name: which of them is meant cannot be told. Services and the like may well agree. */
export function reportDuplicates(references: References): void {
  for (const [first, ...others] of references.values()) {
    for (const { kind, name, report } of others) {
      if (!first) continue
      const message = `another ${kind} '${name}' stands at ${first.source.file}:${first.source.lineOf(['metadata', 'name'])}`
      const at = ['metadata', 'name']
      if (kind === 'SLO' || kind === 'SLI') report.error('plan', at, 'duplicate_name', message, 'Rename or remove one')
      else report.warning('lint', at, 'duplicate_name', message)
    }
  }
}

/** The one object a reference means, valid or not; null when there is none or more than one, with the reason reported. */
export function resolve(
  references: References,
  kind: Kind,
  name: string,
  at: PropertyPath,
  report: Reporter,
): Decoded | null {
  const [found, ...others] = references.get(keyOf(kind, name)) ?? []
  if (!found) {
    const known = [...references.values()].flatMap(([one]) => (one?.kind === kind && one.name ? [one.name] : []))
    const hint = nearest(name, known) === null ? undefined : suggest(name, known)
    return report.error('plan', at, 'ref_not_found', missingReference(kind, name, at), hint)
  }
  if (others.length === 0) return found
  return report.error('plan', at, 'ref_ambiguous', `there are ${others.length + 1} ${kind} objects named '${name}'`)
}

/** The first object of a kind and name, if any is valid. */
export const find = (references: References, kind: Kind, name: string): Decoded['document'] =>
  references.get(keyOf(kind, name))?.find(({ document }) => document !== null)?.document ?? null
