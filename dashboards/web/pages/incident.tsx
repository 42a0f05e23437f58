import type { History, IncidentDetail } from '../api-shapes.ts'
import { useNow } from '../clock.ts'
import { BurnChart } from '../components/burn-chart.tsx'
import { CauseLine, IncidentSpan, Runbook, Traces } from '../components/incident-card.tsx'
import { Affected, Confidence, type Details, Fact, Members, Muted, Numbers } from '../components/incident-facts.tsx'
import { IncidentPeople } from '../components/incident-people.tsx'
import { IncidentTimeline } from '../components/incident-timeline.tsx'
import { Failure, Loading, NotFound, Outdated } from '../components/states.tsx'
import { SeverityTag } from '../components/status-mark.tsx'
import { right, Table } from '../components/table.tsx'
import { burnAligned, milliseconds, windowName } from '../format.ts'
import { historyPath, rangeOf, windowMs } from '../history.ts'
import { useLive } from '../live.ts'
import { Link } from '../navigation.tsx'
import { incidentPath } from '../route.ts'
import { HISTORY_RENEW_MS, useLast } from '../window-history.ts'
import { type Cause, causeOf, causeWords } from '../words.ts'

const HOUR_MS = 3_600_000

/** What an exemplar shows. */
const SHOWS = { first: 'first seen', median: 'typical', slowest: 'slowest' }

/** What to try first when calls end so. */
const FIRST_STEP: Record<string, string> = {
  timeout: 'Check its status page; shorten timeouts, or open the breaker.',
  connection: 'Check its status page, DNS and the network between.',
  server_error: 'Check its status page; consider a fallback.',
  throttled: 'See who sends most; back off with jitter, ask for more quota.',
  auth: "Check the credential's age and last rotation.",
  client_error: 'Compare the failing requests with the last release of ours.',
  schema: 'Pin the version and run the contract tests.',
  circuit_open: 'Look at what failed before the breaker opened.',
}

const firstStep = ({ kind, name, outcome }: Cause): string | undefined =>
  kind === 'service' ? `Look at what changed in ${name}: its own work fails, not what it calls.` : FIRST_STEP[outcome]

export function Incident({ id }: { id: string }) {
  const { value, problem, retry } = useLive<IncidentDetail>(`/api/v1/incidents/${encodeURIComponent(id)}`)
  if (problem?.status === 404)
    return (
      <NotFound
        what={`No incident ${id}`}
        nearMisses={problem.nearMisses.map((name) => ({ name, href: incidentPath(name) }))}
      >
        <p>
          <Link href="/incidents">All incidents</Link>
        </p>
      </NotFound>
    )
  if (value === null)
    return problem && problem.status !== 401 ? <Failure problem={problem} retry={retry} /> : <Loading />
  return (
    <>
      <Outdated problem={problem} retry={retry} />
      <Story incident={value} />
    </>
  )
}

function Story({ incident }: { incident: IncidentDetail }) {
  const { details, answers } = incident
  const cause = causeOf(incident)
  // Incidents of earlier versions have no answers.
  const step = answers?.firstStep || (cause && firstStep(cause))
  const open = incident.state === 'open'
  return (
    <article>
      <div class="headline">
        <p class="overline">
          <SeverityTag severity={incident.severity} quiet={!open} /> {open ? 'open' : 'resolved'}
        </p>
        <h1>
          {causeWords(incident)}
          {incident.service !== '' && ` for ${incident.service}`}
        </h1>
        <IncidentSpan incident={incident} />
      </div>
      <IncidentPeople incident={incident} />
      <Muted incident={incident} />
      <dl class="facts facts-large">
        <Fact name="Root cause">
          <CauseLine incident={incident} />
          <Confidence incident={incident} />
        </Fact>
        <Fact name="Who is affected">
          <Affected incident={incident} />
        </Fact>
        {details && <Numbers details={details} />}
        <Fact name="Can fix it">
          {answers?.whoCanFix} <span class="muted fact-line">owner: {details?.owner || 'nobody named'}</span>
        </Fact>
        <Fact name="First step">{step || <span class="muted">Look at the failing traces.</span>}</Fact>
        <Fact name="Runbook">
          <Runbook href={details?.runbook ?? ''} full />
        </Fact>
      </dl>
      {details && (
        <div class="columns">
          <BurnAround incident={incident} />
          <BurnByWindow current={incident.current} details={details} />
        </div>
      )}
      <Members members={incident.members} />
      <section aria-labelledby="traces-title">
        <h2 id="traces-title">Failing traces</h2>
        <div class="trace-list">
          {incident.exemplars.length > 0 ? (
            incident.exemplars.map(({ traceId, shows, service, durationMs }) => (
              <span class="copy-text" key={traceId}>
                <Traces ids={[traceId]} full />
                <span class="muted">
                  {SHOWS[shows]}, {service}, {milliseconds(durationMs)}
                </span>
              </span>
            ))
          ) : (
            <Traces ids={details?.exemplars ?? []} full />
          )}
        </div>
      </section>
      <IncidentTimeline entries={incident.timeline} />
      <p class="muted footnote">
        Facts above are as they were when the incident last changed. <code>{incident.id}</code>
      </p>
    </article>
  )
}

/** Burn from an hour before the incident opened until now, or an hour after it resolved. */
function BurnAround({ incident }: { incident: IncidentDetail }) {
  const now = useNow()
  const begin = Date.parse(incident.startedAt)
  const end = incident.resolvedAt === null ? now : Math.min(now, Date.parse(incident.resolvedAt) + HOUR_MS)
  const range = rangeOf({ from: begin - HOUR_MS, to: end }, 'chart')
  const steps = useLast(useLive<History>(historyPath(incident.slo, range), HISTORY_RENEW_MS).value)?.items
  return (
    <section aria-labelledby="around-title">
      <h2 id="around-title">Burn per {windowName(range.stepMinutes)}</h2>
      {steps && (
        <BurnChart
          frame={range}
          steps={steps}
          pointed={null}
          stepMinutes={range.stepMinutes}
          begin={begin}
          height={230}
        />
      )}
    </section>
  )
}

/** Burn when the incident last changed beside burn now; the windows that decided stand out. */
function BurnByWindow({ current, details }: { current: IncidentDetail['current']; details: Details }) {
  const { burnRates, factor, tier } = details
  const deciding = tier.split('/')
  return (
    <section aria-labelledby="burn-title">
      <h2 id="burn-title">Burn by window</h2>
      <Table columns={['Window', right('Threshold'), right('At last change'), right('Now')]}>
        {byLength(burnRates).map(([window, rate]) => (
          <tr key={window}>
            <th scope="row">{window}</th>
            <td class="right number">{deciding.includes(window) ? burnAligned(factor) : ''}</td>
            <td class={`right number ${deciding.includes(window) && (rate ?? 0) > factor ? 'is-over' : ''}`}>
              {burnAligned(rate)}
            </td>
            <td class="right number">{burnAligned(current?.burnRates[window])}</td>
          </tr>
        ))}
      </Table>
    </section>
  )
}

const byLength = <Rate,>(burnRates: Record<string, Rate>) =>
  Object.entries(burnRates).sort(([a], [b]) => windowMs(a) - windowMs(b))
