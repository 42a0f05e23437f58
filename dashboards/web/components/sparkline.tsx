import { useEffect, useRef, useState } from 'preact/hooks'
import type { SloStatus } from '../api-shapes.ts'
import { windowDrawing, windowLine } from '../burn-down.ts'
import { budgetDomain, linearScale, linePath } from '../chart-geometry.ts'
import { budget } from '../format.ts'
import { useWindowHistory } from '../window-history.ts'

const WIDTH = 120
const HEIGHT = 28
const RENEW_MS = 60_000

/** Burn-down of the budget over the SLO's window, drawn once the row is on screen. */
export function BudgetSparkline({ slo }: { slo: SloStatus }) {
  const holder = useRef<HTMLSpanElement>(null)
  const seen = useSeen(holder)
  const { objective } = slo
  const history = useWindowHistory(slo, 'sparkline', { wanted: seen && objective !== null, everyMs: RENEW_MS })
  const values = windowLine(history?.steps ?? [], slo)
  return (
    <span class="sparkline" ref={holder}>
      {values.some((value) => value !== null) && <Line values={values} slo={slo} />}
    </span>
  )
}

function Line({ values, slo }: { values: (number | null)[]; slo: SloStatus }) {
  const scale = linearScale(budgetDomain(values))
  const begin = values[0] === null || windowDrawing(slo) === 'trailing' ? null : 1
  const points = [begin, ...values].map((value, n) => ({ at: n / values.length, value }))
  const zero = HEIGHT - scale.placeOf(0) * HEIGHT
  const last = values.findLast((value) => value !== null) ?? null
  return (
    <svg
      viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Burn-down over ${slo.objective?.window.duration}: ${budget(last)} of the budget left`}
    >
      <line class="sparkline-zero" x1="0" x2={WIDTH} y1={zero} y2={zero} />
      <path class={`sparkline-line ${(last ?? 0) < 0 ? 'is-spent' : ''}`} d={linePath(points, scale, WIDTH, HEIGHT)} />
    </svg>
  )
}

/** True from the first time the element is near the screen. */
function useSeen(holder: { current: Element | null }): boolean {
  const [seen, setSeen] = useState(false)
  useEffect(() => {
    if (!holder.current) return
    const observer = new IntersectionObserver(
      (sightings) => sightings.some((sighting) => sighting.isIntersecting) && setSeen(true),
      { rootMargin: '200px' },
    )
    observer.observe(holder.current)
    return () => observer.disconnect()
  }, [holder])
  return seen
}
