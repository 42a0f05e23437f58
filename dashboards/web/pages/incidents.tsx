import type { Incident as IncidentShape } from '../api-shapes.ts'
import { IncidentCard } from '../components/incident-card.tsx'
import { Failure, Loading, Outdated } from '../components/states.tsx'
import { matchesFilter } from '../filter.ts'
import { plural } from '../format.ts'
import { pagesFirst } from '../incident-order.ts'
import { useIncidents } from '../lists.ts'
import { NoMatch } from './overview.tsx'

export function Incidents({ search }: { search: string }) {
  const { value, problem, retry } = useIncidents()
  if (value === null)
    return problem && problem.status !== 401 ? <Failure problem={problem} retry={retry} /> : <Loading />
  const shown = value.items.filter((one) => matchesFilter(search, one.title, one.slo, one.service, one.rootCause))
  const open = pagesFirst(shown.filter((incident) => incident.state === 'open'))
  const resolved = shown.filter((incident) => incident.state === 'resolved')
  return (
    <>
      <Outdated problem={problem} retry={retry} />
      <div class="headline">
        <h1>{open.length === 0 ? 'No incident is open' : `${plural(open.length, 'incident')} open`}</h1>
      </div>
      <Group title="Open" incidents={open} />
      <Group title="Resolved" incidents={resolved} />
      {shown.length === 0 && search !== '' && <NoMatch search={search} />}
    </>
  )
}

function Group({ title, incidents }: { title: string; incidents: readonly IncidentShape[] }) {
  const id = `${title.toLowerCase()}-title`
  if (incidents.length === 0) return null
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div class="incidents">
        {incidents.map((incident) => (
          <IncidentCard key={incident.id} incident={incident} />
        ))}
      </div>
    </section>
  )
}
