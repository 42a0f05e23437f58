import { useEffect } from 'preact/hooks'
import { useOpenIncidents } from './lists.ts'
import type { Route } from './route.ts'

const subject = (route: Route): string => {
  switch (route.page) {
    case 'overview':
      return 'Overview'
    case 'slos':
      return 'SLOs'
    case 'slo':
      return route.slo
    case 'incidents':
      return 'Incidents'
    case 'incident':
      return 'Incident'
    case 'dependencies':
      return 'Dependencies'
    case 'dependency':
      return route.dependency
    case 'silences':
      return 'Silences'
    case 'trace':
      return 'Trace'
    case 'notFound':
      return 'Not found'
  }
}

/** The tab says how many incidents are open, so that a background tab still tells. */
export function useTitle(route: Route): void {
  const open = useOpenIncidents().value?.items.length ?? 0
  const title = `${open > 0 ? `(${open}) ` : ''}${subject(route)} · Plumbline`
  useEffect(() => {
    document.title = title
  }, [title])
}
