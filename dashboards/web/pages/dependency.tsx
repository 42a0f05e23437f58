import type { Dependency as DependencyShape } from '../api-shapes.ts'
import { FreshnessLine, StaleBanner, useStale } from '../components/freshness.tsx'
import { Failure, Loading, NotFound, Outdated } from '../components/states.tsx'
import { HealthMark } from '../components/status-mark.tsx'
import { right, TitledTable } from '../components/table.tsx'
import { Age, Time } from '../components/time.tsx'
import { count, NONE, plural, share } from '../format.ts'
import { failedShare, menderWords } from '../health.ts'
import { useLive } from '../live.ts'
import { dependencyPath } from '../route.ts'

export function Dependency({ name }: { name: string }) {
  const { value, problem, retry } = useLive<DependencyShape>(`/api/v1/dependencies/${encodeURIComponent(name)}`)
  const stale = useStale(value?.freshness.watermark ?? null)
  if (problem?.status === 404)
    return (
      <NotFound
        what={`No dependency is named ${name}`}
        nearMisses={problem.nearMisses.map((miss) => ({ name: miss, href: dependencyPath(miss) }))}
      />
    )
  if (value === null)
    return problem && problem.status !== 401 ? <Failure problem={problem} retry={retry} /> : <Loading />
  return (
    <>
      <Outdated problem={problem} retry={retry} />
      <StaleBanner watermark={value.freshness.watermark} />
      <div class="headline">
        <p class="overline">
          <HealthMark health={value.health} />{' '}
          <span class="muted">{[value.kind, menderWords(value.owner)].filter(Boolean).join(', ')}</span>
        </p>
        <h1>{value.name}</h1>
        {value.note && <p class="muted">{value.note}</p>}
        <FreshnessLine watermark={value.freshness.watermark}>
          <span>
            <Time at={value.window.from} /> to <Time at={value.window.to} />
          </span>
        </FreshnessLine>
      </div>
      <div class={stale ? 'is-stale' : ''}>
        <Figures dependency={value} />
        <Modes dependency={value} />
        <div class="columns-even">
          <Ranking
            title="Callers"
            head="Service"
            rows={value.callers.map(({ service, ...calls }) => ({ name: service, calls }))}
          />
          <Ranking
            title="Operations"
            head="Operation"
            rows={value.operations.map(({ operation, ...calls }) => ({ name: operation, calls }))}
          />
          <Outcomes dependency={value} />
        </div>
      </div>
    </>
  )
}

function Figures({ dependency }: { dependency: DependencyShape }) {
  const { calls, callers } = dependency
  const retries = callers.reduce((sum, caller) => sum + caller.retries, 0)
  return (
    <dl class="facts facts-large">
      <div>
        <dt>Failing calls</dt>
        <dd class="number">
          <strong class="figure">{share(failedShare(dependency))}</strong>
          <span class="muted">
            {count(calls.failed)} of {count(calls.total)}
          </span>
        </dd>
      </div>
      <div>
        <dt>Retries</dt>
        <dd class="number">
          <strong class="figure">{count(retries)}</strong>
          <span class="muted">by {plural(callers.length, 'caller')}</span>
        </dd>
      </div>
      <div>
        <dt>Health score</dt>
        <dd class="number">
          <strong class="figure">{dependency.score === null ? NONE : dependency.score.toFixed(2)}</strong>
          <span class="muted">1 within budget, 0 where it would page</span>
        </dd>
      </div>
    </dl>
  )
}

function Modes({ dependency }: { dependency: DependencyShape }) {
  if (dependency.modes.length === 0) return <p class="muted">No failure mode is active.</p>
  return (
    <section aria-labelledby="modes-title">
      <h2 id="modes-title">How it fails</h2>
      <ul class="tiles tiles-wide">
        {dependency.modes.map((mode) => (
          <li class="tile" key={mode.id}>
            <div class="tile-head">
              <strong>{mode.mode}</strong>
              {mode.since !== null && (
                <span class="muted">
                  since <Time at={mode.since} />, <Age since={mode.since} />
                </span>
              )}
            </div>
            <p class="number">
              <strong>{share(mode.share)}</strong> of {count(mode.evidence.n)} calls{' '}
              <span class="muted">
                {mode.evidence.baselineShare === null
                  ? 'nothing to compare with'
                  : `${share(mode.evidence.baselineShare)} before`}
              </span>
            </p>
            <p class="tile-mode">{mode.likelyCause}</p>
            <p class="muted">{mode.advice}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}

interface RankingProps {
  title: string
  head: string
  rows: readonly { name: string; calls: { total: number; failed: number } }[]
}

/** Who or what has how many failing calls; the most failing first. */
function Ranking({ title, head, rows }: RankingProps) {
  if (rows.length === 0) return null
  return (
    <TitledTable
      id={title.toLowerCase()}
      title={title}
      columns={[head, right('Calls'), right('Failing'), right('Share')]}
    >
      {rows.map(({ name, calls }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td class="right number">{count(calls.total)}</td>
          <td class="right number">{count(calls.failed)}</td>
          <td class="right number">{share(failedShare({ calls }))}</td>
        </tr>
      ))}
    </TitledTable>
  )
}

function Outcomes({ dependency }: { dependency: DependencyShape }) {
  const { outcomes } = dependency
  const all = outcomes.reduce((sum, { calls }) => sum + calls, 0)
  if (outcomes.length === 0) return null
  return (
    <TitledTable id="outcomes" title="Outcomes" columns={['Outcome', 'To mend', right('Calls'), right('Share')]}>
      {outcomes.map(({ outcome, owner, calls }) => (
        <tr key={outcome}>
          <th scope="row">{outcome}</th>
          <td>{menderWords(owner)}</td>
          <td class="right number">{count(calls)}</td>
          <td class="right number">{share(all === 0 ? null : calls / all)}</td>
        </tr>
      ))}
    </TitledTable>
  )
}
