import { OVERFLOW } from './cardinality.ts'
import { ADDRESSES } from './dependency-name.ts'

/** What a dependency is that stands for many, or has too many operations, and what to do about it; null for all others. */
export function noteOf(dependency: string, operations: readonly string[]): string | null {
  if (dependency === OVERFLOW) {
    return 'Its callers reach more dependencies than a service may have (200), and these calls are to the others. Give dependencies whose names hold ids one name with calls.aliases, or set service.peer.name in the caller. A name that no call had for a day gives way; a name that an SLO selects always has its place.'
  }
  if (dependency === ADDRESSES || dependency.endsWith(`/${ADDRESSES}`)) {
    return 'Pods and nodes that callers reach by address. To see one by name, set service.peer.name in the caller, call it by the name of its service, or name its address with calls.aliases.'
  }
  if (operations.includes(OVERFLOW)) {
    return 'Calls have more operations than a dependency may have (200), and _overflow counts the others. Give paths that hold ids a template with calls.pathTemplates, or set http.route and url.template in the caller.'
  }
  return null
}
