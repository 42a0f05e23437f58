import { IncidentCard } from '../components/incident-card.tsx'
import { Failure, Loading, Outdated } from '../components/states.tsx'
import { plural } from '../format.ts'
import { matchesFilter, useIncidents } from '../lists.ts'
import { NoMatch } from './overview.tsx'

export function Incidents({ search }: { search: string }) {
  const { value, problem, retry } = useIncidents()
  if (value === null)
    return problem && problem.status !== 401 ? <Failure problem={problem} retry={retry} /> : <Loading />
  const shown = value.items.filter((one) => matchesFilter(search, one.title, one.slo, one.service, one.rootCause))
  const open = shown.filter((incident) => incident.state === 'open')
  const resolved = shown.filter((incident) => incident.state === 'resolved')
  return (
    <>
      <Outdated problem={problem} retry={retry} />
      <div class="headline">
        <h1>{open.length === 0 ? 'No incident is open' : `${plural(open.length, 'incident')} open`}</h1>
      </div>
      <div class="incidents">
        {open.map((incident) => (
          <IncidentCard key={incident.id} incident={incident} />
        ))}
      </div>
      {shown.length === 0 && search !== '' && <NoMatch search={search} />}
      {resolved.length > 0 && (
        <section aria-labelledby="resolved-title">
          <h2 id="resolved-title">Resolved</h2>
          <div class="incidents">
            {resolved.map((incident) => (
              <IncidentCard key={incident.id} incident={incident} />
            ))}
          </div>
        </section>
      )}
    </>
  )
}
