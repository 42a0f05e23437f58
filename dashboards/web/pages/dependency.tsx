import type { Dependency as DependencyShape } from '../api-shapes.ts'
import { FreshnessLine, StaleBanner, useStale } from '../components/freshness.tsx'
import { Failure, Loading, NotFound, Outdated } from '../components/states.tsx'
import { HealthMark } from '../components/status-mark.tsx'
import { Age } from '../components/time.tsx'
import { modeWords } from '../failure-modes.ts'
import { count, share } from '../format.ts'
import { useLive } from '../live.ts'
import { dependencyPath } from '../route.ts'
import { failedShare } from '../urgency.ts'

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
          <span class="muted">{[value.kind, value.owner].filter(Boolean).join(', ')}</span>
        </p>
        <h1>{value.name}</h1>
        <FreshnessLine watermark={value.freshness.watermark}>
          <span>
            {share(failedShare(value))} of {count(value.calls.total)} calls failing
          </span>
        </FreshnessLine>
      </div>
      <div class={stale ? 'is-stale' : ''}>
        <Modes dependency={value} />
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
      </div>
    </>
  )
}

function Modes({ dependency }: { dependency: DependencyShape }) {
  if (dependency.modes.length === 0) return <p class="muted">No failure mode is active.</p>
  return (
    <section aria-labelledby="modes-title">
      <h2 id="modes-title">How it fails</h2>
      <ul class="tiles">
        {dependency.modes.map((mode) => {
          const words = modeWords(mode.id, mode.mode)
          return (
            <li class="tile tile-failing" key={mode.id}>
              <div class="tile-head">
                <strong>{words.word}</strong>
                <span class="muted number">
                  {share(mode.share)}
                  {mode.since !== null && (
                    <>
                      {' '}
                      for <Age since={mode.since} />
                    </>
                  )}
                </span>
              </div>
              <p>
                <span class="muted">Likely</span> {words.cause}
              </p>
              <p>
                <span class="muted">First</span> {words.advice}
              </p>
            </li>
          )
        })}
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
  const id = `${title.toLowerCase()}-title`
  if (rows.length === 0) return null
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div class="scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{head}</th>
              <th scope="col" class="right">
                Calls
              </th>
              <th scope="col" class="right">
                Failing
              </th>
              <th scope="col" class="right">
                Share
              </th>
            </tr>
          </thead>
          <tbody>
            {rows
              .toSorted((a, b) => b.calls.failed - a.calls.failed)
              .map(({ name, calls }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="right number">{count(calls.total)}</td>
                  <td class="right number">{count(calls.failed)}</td>
                  <td class="right number">{share(failedShare({ calls }))}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
