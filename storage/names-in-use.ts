import type { NamesInUse } from '../integration/cardinality.ts'
import type { Db } from './query.ts'
import { readDefinitions } from './slo-definitions.ts'

type Names = NamesInUse & { services: ReadonlySet<string> }
type Found = Record<keyof Names, Set<string>>

/** The services, dependencies and operations that SLOs in force select by name. */
export async function readNamesInUse(db: Db): Promise<Names> {
  const names: Found = { services: new Set(), dependencies: new Set(), operations: new Set() }
  for (const { slo } of await readDefinitions(db)) collect(slo, names)
  return names
}

/** Selections stand at several places of an SLO, by kind of indicator; each has `fields` of selectors. */
function collect(value: unknown, names: Found): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) {
    if (key === 'dependency') addTo(names.dependencies, part)
    else if (key === 'operation') addTo(names.operations, part)
    else if (key === 'service') addTo(names.services, part)
    else collect(part, names)
  }
}

/** `{ in: [a, b] }` and `{ notIn: [a] }` alike: both must be distinguished from the rest. */
function addTo(names: Set<string>, selector: unknown): void {
  if (typeof selector === 'string') names.add(selector)
  else if (typeof selector === 'object' && selector !== null)
    for (const part of Object.values(selector)) addTo(names, part)
}
