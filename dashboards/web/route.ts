/** The pages and their addresses; every address is stable, because notifications and Grafana link to it. */
export type Route =
  | { page: 'overview' }
  | { page: 'slos' }
  | { page: 'slo'; slo: string }
  | { page: 'incidents' }
  | { page: 'incident'; id: string }
  | { page: 'dependencies' }
  | { page: 'dependency'; dependency: string }
  | { page: 'silences' }
  | { page: 'trace'; id: string }
  | { page: 'notFound'; path: string }

/** Which page a path names. */
export function matchRoute(path: string): Route {
  const [first, second, ...rest] = path.split('/').filter(Boolean).map(decode)
  if (rest.length > 0) return { page: 'notFound', path }
  switch (first) {
    case undefined:
      return { page: 'overview' }
    case 'slos':
      return second === undefined ? { page: 'slos' } : { page: 'slo', slo: second }
    case 'incidents':
      return second === undefined ? { page: 'incidents' } : { page: 'incident', id: second }
    case 'dependencies':
      return second === undefined ? { page: 'dependencies' } : { page: 'dependency', dependency: second }
    case 'silences':
      return second === undefined ? { page: 'silences' } : { page: 'notFound', path }
    case 'traces':
      return second === undefined ? { page: 'notFound', path } : { page: 'trace', id: second }
    default:
      return { page: 'notFound', path }
  }
}

export const sloPath = (slo: string): string => `/slos/${encodeURIComponent(slo)}`
export const incidentPath = (id: string): string => `/incidents/${encodeURIComponent(id)}`
export const dependencyPath = (dependency: string): string => `/dependencies/${encodeURIComponent(dependency)}`
/** The page of silences, with the form filled for these matchers. */
export const silencePath = (matchers: string): string => `/silences?new=${encodeURIComponent(matchers)}`
export const tracePath = (id: string): string => `/traces/${encodeURIComponent(id)}`

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
