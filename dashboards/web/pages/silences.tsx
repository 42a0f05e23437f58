import { useState } from 'preact/hooks'
import type { MaintenanceWindow, Silence } from '../api-shapes.ts'
import { ChangeProblem, useChange } from '../components/change.tsx'
import { MaintenanceForm } from '../components/maintenance-form.tsx'
import { SilenceForm } from '../components/silence-form.tsx'
import { Failure, Loading, Outdated } from '../components/states.tsx'
import { Mark } from '../components/status-mark.tsx'
import { TitledTable, unseen } from '../components/table.tsx'
import { Time } from '../components/time.tsx'
import { matchesFilter } from '../filter.ts'
import { listWords, plural } from '../format.ts'
import { useMaintenance, useSilences } from '../lists.ts'
import { setQuery } from '../navigation.tsx'
import { NoMatch } from './overview.tsx'

/** Who is not told now and later, and planned work. `?new=` opens the form of a silence with these matchers. */
export function Silences({ search, address }: { search: string; address: URL }) {
  const silences = useSilences()
  const windows = useMaintenance()
  const wanted = address.searchParams.get('new')
  const [form, setForm] = useState<'silence' | 'maintenance' | null>(wanted === null ? null : 'silence')
  const { value, problem, retry } = silences
  if (value === null || windows.value === null) {
    const failed = problem ?? windows.problem
    return failed && failed.status !== 401 ? <Failure problem={failed} retry={retry} /> : <Loading />
  }
  const close = () => {
    setForm(null)
    setQuery('new', '')
  }
  const shown = value.items.filter((one) => matchesFilter(search, one.text, one.comment, one.createdBy))
  const planned = windows.value.items.filter((one) => matchesFilter(search, scopeWords(one), one.reason, one.createdBy))
  return (
    <>
      <Outdated problem={problem ?? windows.problem} retry={retry} />
      <div class="headline">
        <h1>{sentence(value.items, windows.value.items)}</h1>
      </div>
      <p class="people-actions">
        <button type="button" aria-expanded={form === 'silence'} onClick={() => setForm('silence')}>
          New silence
        </button>
        <button type="button" aria-expanded={form === 'maintenance'} onClick={() => setForm('maintenance')}>
          Plan maintenance
        </button>
      </p>
      {form === 'silence' && <SilenceForm matchers={wanted ?? ''} onDone={close} />}
      {form === 'maintenance' && <MaintenanceForm onDone={close} />}
      {shown.length > 0 && <SilenceTable silences={shown} />}
      {planned.length > 0 && <MaintenanceTable windows={planned} />}
      {shown.length + planned.length === 0 && search !== '' && <NoMatch search={search} />}
      {value.items.length + windows.value.items.length === 0 && (
        <p class="muted prose">
          A silence keeps alerts that match from being told, for a while. Planned maintenance does the same for a
          service, an SLO, a dependency or an environment, once or again and again, and may leave its time out of error
          budgets. Neither changes what is true: at the end, what still fires is told.
        </p>
      )}
    </>
  )
}

function sentence(silences: readonly Silence[], windows: readonly MaintenanceWindow[]): string {
  const active = silences.filter(({ state }) => state === 'active').length
  const working = windows.filter(({ state }) => state === 'active').length
  const parts = [
    ...(active > 0 ? [plural(active, 'silence')] : []),
    ...(working > 0 ? [plural(working, 'maintenance window')] : []),
  ]
  return parts.length === 0 ? 'Nothing is silenced' : `${listWords(parts)} in force`
}

function SilenceTable({ silences }: { silences: readonly Silence[] }) {
  return (
    <TitledTable id="silences" title="Silences" columns={['What', 'State', 'Why', 'By', unseen('End')]}>
      {silences.map((silence) => (
        <tr key={silence.id}>
          <th scope="row">
            <code class="code">{silence.text}</code>
          </th>
          <td>
            {silence.state === 'active' ? (
              <>
                <Mark tone="maintenance" word="Active" /> until <Time at={silence.endsAt} />
              </>
            ) : (
              <>
                from <Time at={silence.startsAt} /> to <Time at={silence.endsAt} />
              </>
            )}
          </td>
          <td>{silence.comment}</td>
          <td>{silence.createdBy}</td>
          <td class="right">
            <EndButton path={`/api/v1/silences/${silence.id}`} source={silence.source} what={silence.text} />
          </td>
        </tr>
      ))}
    </TitledTable>
  )
}

function MaintenanceTable({ windows }: { windows: readonly MaintenanceWindow[] }) {
  return (
    <TitledTable
      id="maintenance"
      title="Maintenance"
      columns={['About', 'State', 'Next', 'Means', 'Why, by', unseen('End')]}
    >
      {windows.map((window) => (
        <tr key={window.id}>
          <th scope="row">{scopeWords(window)}</th>
          <td>
            {window.state === 'active' ? <Mark tone="maintenance" word="Active" /> : 'planned'}
            {'cron' in window.schedule && <div class="muted code">{window.schedule.cron}</div>}
            {'rrule' in window.schedule && <div class="muted code">{window.schedule.rrule.split('RRULE:').at(-1)}</div>}
          </td>
          <td>
            {window.next.slice(0, 3).map(({ from, to }) => (
              <div key={from}>
                <Time at={from} /> to <Time at={to} />
              </div>
            ))}
          </td>
          <td>
            {window.suppress && <div>not told</div>}
            {window.excludeFromBudget && <div>out of budgets</div>}
          </td>
          <td>
            {window.reason} <span class="muted">{window.createdBy}</span>
          </td>
          <td class="right">
            <EndButton
              path={`/api/v1/maintenance-windows/${window.id}`}
              source={window.source}
              what={scopeWords(window)}
            />
          </td>
        </tr>
      ))}
    </TitledTable>
  )
}

/** `services checkout, cart in prod`. */
function scopeWords({ scope }: MaintenanceWindow): string {
  const parts = [
    ['service', scope.services],
    ['SLO', scope.slos],
    ['dependency', scope.dependencies],
    ['environment', scope.environments],
  ] as const
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([word, names]) => `${word} ${names.join(', ')}`)
    .join('; ')
}

/** Ends it now, after a second press; what is kept in a file ends there. */
function EndButton({ path, source, what }: { path: string; source: string; what: string }) {
  const [sure, setSure] = useState(false)
  const { busy, problem, run } = useChange()
  if (source !== 'api') return <span class="muted">in {source}</span>
  return (
    <>
      <button
        type="button"
        class="quiet"
        disabled={busy}
        aria-label={`${sure ? 'Really end' : 'End'} ${what}`}
        onClick={() => (sure ? run('DELETE', path) : setSure(true))}
        onBlur={() => setSure(false)}
      >
        {sure ? 'Really end' : 'End'}
      </button>
      <ChangeProblem problem={problem} />
    </>
  )
}
