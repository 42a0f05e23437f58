import { useEffect, useRef, useState } from 'preact/hooks'
import type { HistoryStep, List, SloStatus } from '../api-shapes.ts'
import { budgetDomain, linePath, yOf } from '../chart-geometry.ts'
import { useNow } from '../clock.ts'
import { budget } from '../format.ts'
import { historyPath, rangeOf, windowMs } from '../history.ts'
import { useLive } from '../live.ts'

const WIDTH = 120
const HEIGHT = 28
const RENEW_MS = 60_000

/** Remaining budget over the SLO's window, drawn once the row is on screen. */
export function BudgetSparkline({ slo }: { slo: SloStatus }) {
  const holder = useRef<HTMLSpanElement>(null)
  const seen = useSeen(holder)
  const now = useNow()
  const range = rangeOf({ from: now - windowMs(slo.objective.window.duration), to: now }, 'sparkline')
  const live = useLive<List<HistoryStep>>(seen ? historyPath(slo.name, range) : null, RENEW_MS)
  const values = useLast(live.value)?.items.map((step) => step.budgetRemaining) ?? []
  return (
    <span class="sparkline" ref={holder}>
      {values.some((value) => value !== null) && <Line values={values} window={slo.objective.window.duration} />}
    </span>
  )
}

function Line({ values, window }: { values: (number | null)[]; window: string }) {
  const domain = budgetDomain(values)
  const points = values.map((value, n) => ({ at: values.length < 2 ? 1 : n / (values.length - 1), value }))
  const zero = yOf(0, domain, HEIGHT)
  const known = values.filter((value) => value !== null)
  const label = `Budget left over ${window}: from ${budget(known[0] ?? null)} to ${budget(known.at(-1) ?? null)}`
  const path = linePath(points, domain, WIDTH, HEIGHT)
  return (
    <svg viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <line class="sparkline-zero" x1="0" x2={WIDTH} y1={zero} y2={zero} />
      <path class={`sparkline-line ${(known.at(-1) ?? 0) < 0 ? 'is-spent' : ''}`} d={path} />
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

/** The last value that was not null: the old line stays while the next one loads. */
export function useLast<T>(value: T | null): T | null {
  const last = useRef<T | null>(null)
  if (value !== null) last.current = value
  return last.current
}
