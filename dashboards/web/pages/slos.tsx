import { FirstSteps } from '../components/empty.tsx'
import { FreshnessLine, oldestWatermark, StaleBanner, useStale } from '../components/freshness.tsx'
import { SloTable } from '../components/slo-table.tsx'
import { Failure, Loading, Outdated } from '../components/states.tsx'
import { matchesFilter } from '../filter.ts'
import { plural } from '../format.ts'
import { useSlos } from '../lists.ts'
import { NoMatch } from './overview.tsx'

export function Slos({ search }: { search: string }) {
  const { value, problem, retry } = useSlos()
  const watermark = oldestWatermark(value?.items ?? [])
  const stale = useStale(watermark)
  if (value === null)
    return problem && problem.status !== 401 ? <Failure problem={problem} retry={retry} /> : <Loading rows={10} />
  const shown = value.items.filter((slo) => matchesFilter(search, slo.name, slo.displayName, slo.service))
  return (
    <>
      <Outdated problem={problem} retry={retry} />
      <StaleBanner watermark={watermark} />
      <div class="headline">
        <h1>
          {search === '' ? plural(shown.length, 'SLO') : `${shown.length} of ${plural(value.items.length, 'SLO')}`}
        </h1>
        <FreshnessLine watermark={watermark} />
      </div>
      {value.items.every(({ status }) => status === 'no_data') && <FirstSteps dependencies={false} />}
      <div class={stale ? 'is-stale' : ''}>
        {shown.length > 0 && <SloTable slos={shown} />}
        {shown.length === 0 && value.items.length > 0 && <NoMatch search={search} />}
      </div>
    </>
  )
}
