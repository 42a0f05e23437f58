import type { Dependency, Incident, List, ListedSlo, MaintenanceWindow, Silence } from './api-shapes.ts'
import { type Live, useLive } from './live.ts'

/** The three lists most pages share; asked for once, whoever shows them. */
export const useSlos = (): Live<List<ListedSlo>> => useLive('/api/v1/slos?limit=1000')
/** SLOs of one service, seldom asked for: the other objectives of a document are among them. */
export const useSlosOf = (service: string): Live<List<ListedSlo>> =>
  useLive(`/api/v1/slos?service=${encodeURIComponent(service)}&limit=1000`, 60_000)
export const useOpenIncidents = (): Live<List<Incident>> => useLive('/api/v1/incidents?state=open&limit=100')
export const useIncidents = (): Live<List<Incident>> => useLive('/api/v1/incidents?limit=100')
export const useDependencies = (): Live<List<Dependency>> => useLive('/api/v1/dependencies?limit=1000')
export const useSilences = (): Live<List<Silence>> => useLive('/api/v1/silences?limit=1000')
export const useMaintenance = (): Live<List<MaintenanceWindow>> => useLive('/api/v1/maintenance-windows?limit=1000')
