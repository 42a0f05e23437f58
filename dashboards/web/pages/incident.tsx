import type { Incident as IncidentShape, Tier } from '../api-shapes.ts'
import { BudgetBar } from '../components/budget-bar.tsx'
import { CauseLine, IncidentSpan, Runbook, Traces } from '../components/incident-card.tsx'
import { Failure, Loading, NotFound, Outdated } from '../components/states.tsx'
import { SeverityTag } from '../components/status-mark.tsx'
import { burn, count, share } from '../format.ts'
import { useLive } from '../live.ts'
import { Link } from '../navigation.tsx'
import { incidentPath, sloPath } from '../route.ts'
import { causeOf, causeWords } from '../words.ts'

/** Who can mend what ends with this outcome, and what to try first. */
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

export function Incident({ id }: { id: string }) {
  const { value, problem, retry } = useLive<IncidentShape>(`/api/v1/incidents/${encodeURIComponent(id)}`)
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

function Story({ incident }: { incident: IncidentShape }) {
  const { details } = incident
  const cause = causeOf(incident)
  const step = cause ? FIRST_STEP[cause.outcome] : undefined
  const open = incident.state === 'open'
  return (
    <article class={`incident-page incident-${open ? incident.severity : 'resolved'}`}>
      <div class="headline">
        <p class="overline">
          <SeverityTag severity={incident.severity} resolved={!open} /> {open ? 'open' : 'resolved'}
        </p>
        <h1>
          {causeWords(incident)} for {incident.service}
        </h1>
        <IncidentSpan incident={incident} />
      </div>
      <dl class="facts facts-large">
        <Fact name="Root cause">
          <CauseLine incident={incident} />
        </Fact>
        <Fact name="Affected promise">
          <Link href={sloPath(incident.slo)}>{incident.slo}</Link> <span class="muted">of {incident.service}</span>
        </Fact>
        <Fact name={`Burn, governing window ${details.governingWindow}`}>
          <strong class="number">{burn(details.burn)}</strong>{' '}
          <span class="muted number">
            {severityVerb(incident.severity)} above {burn(details.factor)} (tier {details.tier})
          </span>
        </Fact>
        <Fact name="Budget left in the window">
          <BudgetBar remaining={details.budgetRemaining} />
        </Fact>
        <Fact name={`Bad calls in ${details.governingWindow}`}>
          <strong class="number">{count(details.counts.total - details.counts.good)}</strong>{' '}
          <span class="muted number">
            of {count(details.counts.total)}, {share(badShare(details.counts))}
          </span>
        </Fact>
        <Fact name="Can fix it">{details.owner === '' ? <span class="muted">nobody named</span> : details.owner}</Fact>
        <Fact name="First step">{step ?? <span class="muted">Look at the failing traces.</span>}</Fact>
        <Fact name="Runbook">
          <Runbook href={details.runbook} />
        </Fact>
      </dl>
      <BurnByWindow burnRates={details.burnRates} factor={details.factor} tier={details.tier} />
      <section aria-labelledby="traces-title">
        <h2 id="traces-title">Failing traces, newest first</h2>
        <div class="trace-list">
          <Traces ids={details.exemplars} full />
        </div>
      </section>
      <p class="muted">
        As it was when the incident last changed. <code>{incident.id}</code>
      </p>
    </article>
  )
}

const severityVerb = (severity: IncidentShape['severity']): string => (severity === 'page' ? 'pages' : 'opens a ticket')

const badShare = ({ good, total }: { good: number; total: number }): number | null =>
  total === 0 ? null : (total - good) / total

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function BurnByWindow({
  burnRates,
  factor,
  tier,
}: {
  burnRates: Record<string, number | null>
  factor: Tier['factor']
  tier: string
}) {
  const windows = Object.entries(burnRates)
  if (windows.length === 0) return null
  const deciding = tier.split('/')
  return (
    <section aria-labelledby="burn-title">
      <h2 id="burn-title">Burn by window</h2>
      <div class="scroll">
        <table class="table burn-windows">
          <thead>
            <tr>
              {windows.map(([window]) => (
                <th scope="col" class="right" key={window}>
                  {window}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              {windows.map(([window, rate]) => (
                <td
                  class={`right number ${(rate ?? 0) > factor && deciding.includes(window) ? 'is-over' : ''}`}
                  key={window}
                >
                  {burn(rate)}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  )
}
