import { DependencyTile } from '../components/dependency-tile.tsx'
import { FirstSteps } from '../components/empty.tsx'
import { FreshnessLine, oldestWatermark, StaleBanner, useStale } from '../components/freshness.tsx'
import { Failure, Loading, Outdated } from '../components/states.tsx'
import { matchesFilter } from '../filter.ts'
import { useDependencies } from '../lists.ts'
import { NoMatch } from './overview.tsx'

export function Dependencies({ search }: { search: string }) {
  const { value, problem, retry } = useDependencies()
  const watermark = oldestWatermark(value?.items ?? [])
  const stale = useStale(watermark)
  if (value === null)
    return problem && problem.status !== 401 ? <Failure problem={problem} retry={retry} /> : <Loading />
  const all = value.items
  const shown = all.filter((one) => matchesFilter(search, one.name, one.kind, one.owner))
  const ill = all.filter((one) => one.health === 'failing' || one.health === 'degraded').length
  return (
    <>
      <Outdated problem={problem} retry={retry} />
      <StaleBanner watermark={watermark} />
      <div class="headline">
        <h1>
          {all.length === 0
            ? 'No dependency has been called yet'
            : `${all.length - ill} of ${all.length} dependencies are well`}
        </h1>
        <FreshnessLine watermark={watermark} />
      </div>
      {all.length === 0 && <FirstSteps dependencies={false} />}
      {shown.length === 0 && all.length > 0 && <NoMatch search={search} />}
      <ul class={`tiles ${stale ? 'is-stale' : ''}`}>
        {shown.map((dependency) => (
          <DependencyTile key={dependency.name} dependency={dependency} />
        ))}
      </ul>
    </>
  )
}
