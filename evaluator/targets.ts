import type { AlertPolicies, Slo } from '../slo/model.ts'

type Named = Pick<Slo, 'name' | 'policies'>

/**
 * What authors of SLOs ask for, by SLO, with those of their notification targets that are endpoints: one that is misspelt
 * must not swallow an alert, so without any the routes decide. `planObjects` warns of it.
 */
export const policiesOf = (
  slos: readonly Named[],
  endpoints: { has(name: string): boolean },
): Map<string, AlertPolicies | null> =>
  new Map(
    slos.map(({ name, policies }) => [
      name,
      policies && { ...policies, endpoints: policies.endpoints.filter((each) => endpoints.has(each)) },
    ]),
  )
