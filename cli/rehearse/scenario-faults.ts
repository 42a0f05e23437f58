import type { SchemaFault } from '../../runtime/schema-faults.ts'
import { suggestion } from '../../runtime/schema-faults.ts'
import { tierLabel } from '../../slo/tiers.ts'
import type { Scenario, ScenarioFile, ScenarioSlo } from './scenario.ts'

type Path = PropertyKey[]
type Fault = SchemaFault

/** What no single field of a scenario file can tell: names nobody has, times out of order, tiers that can never fire. */
export const scenarioFaults = ({ scenarios }: ScenarioFile): Fault[] => [
  ...twice(['scenarios'], scenarios, 'id'),
  ...scenarios.flatMap((scenario, n) => faultsOf(scenario, ['scenarios', n])),
]

const faultsOf = (scenario: Scenario, at: Path): Fault[] => [
  ...twice([...at, 'slos'], scenario.slos, 'name'),
  ...twice([...at, 'endpoints'], scenario.endpoints, 'name'),
  ...scenario.slos.flatMap((slo, n) => tierFaults(slo, [...at, 'slos', n])),
  ...nameFaults(scenario, at),
  ...timeFaults(scenario, at),
  ...scenario.origins.flatMap(({ shares }, n) => {
    const sum = Object.values(shares).reduce((all, share) => all + share, 0)
    return sum <= 1 + 1e-9 ? [] : [{ path: [...at, 'origins', n, 'shares'], message: `add up to ${sum}, more than 1` }]
  }),
]

function twice<Key extends string>(at: Path, items: readonly Record<Key, string>[], key: Key): Fault[] {
  return items.flatMap((item, n) =>
    items.findIndex((other) => other[key] === item[key]) < n
      ? [{ path: [...at, n, key], message: `there are two ${item[key]}` }]
      : [],
  )
}

/** As docs/slo.md has it of an SLO's own tiers. */
function tierFaults({ target_ppm, window_days, mode, tiers }: ScenarioSlo, at: Path): Fault[] {
  const ceiling = 1_000_000 / (1_000_000 - target_ppm)
  return tiers.flatMap((tier, n) => {
    const { severity, long_min, short_min, factor } = tier
    const here = [...at, 'tiers', n]
    const faults: Fault[] = []
    const wrong = (key: string, message: string) => faults.push({ path: [...here, key], message })
    if (short_min > long_min) wrong('short_min', `must be at most long_min, ${long_min}`)
    if (long_min >= window_days * 1440)
      wrong('long_min', `must be less than the window of the SLO, ${window_days} days`)
    if (mode === 'burn-rate' && Number(factor) >= ceiling)
      wrong('factor', `can never fire: the highest burn at this target is ${Number(ceiling.toPrecision(6))}; say less`)
    if (mode === 'budget-share' && tier.share === undefined) wrong('share', 'is missing: it decides in this mode')
    const labelOf = (each: typeof tier) =>
      `${each.severity} ${tierLabel({ longMinutes: each.long_min, shortMinutes: each.short_min })}`
    if (tiers.findIndex((other) => labelOf(other) === labelOf(tier)) < n)
      wrong('long_min', `there are two tiers ${severity} ${labelOf(tier).slice(severity.length + 1)}`)
    return faults
  })
}

/** SLOs and endpoints that are named and are not there. */
function nameFaults(scenario: Scenario, at: Path): Fault[] {
  const slos = scenario.slos.map(({ name }) => name)
  const endpoints = scenario.endpoints.map(({ name }) => name)
  const missing = (what: string, known: readonly string[], name: string, ...path: Path): Fault[] =>
    known.includes(name)
      ? []
      : [{ path: [...at, ...path], message: `there is no ${what} ${name} in this scenario${suggestion(name, known)}` }]
  const endpoint = (name: string, ...path: Path) => missing('endpoint', endpoints, name, ...path)
  const slo = (name: string, ...path: Path) => missing('SLO', slos, name, ...path)
  return [
    ...scenario.timeline.flatMap((row, n) => slo(row.slo, 'timeline', n, 'slo')),
    ...scenario.origins.flatMap((row, n) => slo(row.slo, 'origins', n, 'slo')),
    ...scenario.endpoint_behaviour.flatMap((row, n) => endpoint(row.endpoint, 'endpoint_behaviour', n, 'endpoint')),
    ...scenario.endpoints.flatMap(({ name, fallback, escalation }, n) => [
      ...escalation.flatMap((other, k) => endpoint(other, 'endpoints', n, 'escalation', k)),
      ...(fallback === undefined ? [] : endpoint(fallback, 'endpoints', n, 'fallback')),
      ...(fallback === name
        ? [{ path: [...at, 'endpoints', n, 'fallback'], message: `${name} cannot be its own fallback` }]
        : []),
    ]),
    ...scenario.actions.flatMap((action, n) =>
      'slos' in action ? (action.slos ?? []).flatMap((name, k) => slo(name, 'actions', n, 'slos', k)) : [],
    ),
  ]
}

/** Spans that end before they begin, and what would take place after the end. */
function timeFaults({ timeline, blind, origins, endpoint_behaviour, actions, until_min }: Scenario, at: Path): Fault[] {
  const faults: Fault[] = []
  const wrong = (path: Path, message: string) => faults.push({ path: [...at, ...path], message })
  const inOrder = (path: Path, unit: 'min' | 's', from: number, to: number) => {
    if (to <= from) wrong([...path, `to_${unit}`], `must be after from_${unit}, ${from}`)
    const end = unit === 'min' ? until_min : until_min * 60
    if (from > end) wrong([...path, `from_${unit}`], `is after the end: until_min is ${until_min}`)
  }
  for (const [key, rows] of Object.entries({ timeline, blind, origins }))
    for (const [n, { from_min, to_min }] of rows.entries()) inOrder([key, n], 'min', from_min, to_min)
  for (const [n, { arrives_min, to_min }] of blind.entries())
    if (arrives_min !== undefined && arrives_min < to_min)
      wrong(['blind', n, 'arrives_min'], `must not be before to_min, ${to_min}: minutes arrive once they are over`)
  for (const [n, { from_s, to_s }] of endpoint_behaviour.entries())
    inOrder(['endpoint_behaviour', n], 's', from_s, to_s)
  for (const [n, action] of actions.entries()) {
    if ('to_s' in action) inOrder(['actions', n], 's', action.from_s, action.to_s)
    else if (action.at_s > until_min * 60) wrong(['actions', n, 'at_s'], `is after the end: until_min is ${until_min}`)
  }
  return faults
}
