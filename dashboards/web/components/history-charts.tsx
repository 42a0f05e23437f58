import { useState } from 'preact/hooks'
import type { HistoryStep, SloDetail } from '../api-shapes.ts'
import { areaPath, budgetDomain, type Domain, linePath, type Point } from '../chart-geometry.ts'
import { budget, burn, count, sli, time, windowName } from '../format.ts'
import type { Range } from '../history.ts'
import { useZone } from '../preferences.ts'
import { ChartFrame, type Plot } from './chart-frame.tsx'

interface ChartsProps {
  slo: SloDetail
  steps: readonly HistoryStep[]
  range: Range
  /** The range is the SLO's whole window: then an even spend has a line. */
  wholeWindow: boolean
  onZoom(from: number, to: number): void
}

/** Budget left and burn per step over one time axis, read out under the pointer; the same numbers as a table below. */
export function HistoryCharts({ slo, steps, range, wholeWindow, onZoom }: ChartsProps) {
  const [at, setAt] = useState<number | null>(null)
  const pointed = at === null ? null : nearest(steps, at)
  const common = { from: range.from, to: range.to, onPoint: setAt, onZoom }
  return (
    <>
      <Readout slo={slo} step={pointed ?? steps.at(-1) ?? null} stepMinutes={range.stepMinutes} />
      <BudgetChart {...common} steps={steps} pointed={pointed} wholeWindow={wholeWindow} />
      <h3 class="chart-title">Burn per {windowName(range.stepMinutes)}</h3>
      <BurnChart {...common} steps={steps} pointed={pointed} stepMinutes={range.stepMinutes} />
      <HistoryTable slo={slo} steps={steps} />
    </>
  )
}

interface LaneProps {
  from: number
  to: number
  steps: readonly HistoryStep[]
  pointed: HistoryStep | null
  onPoint(at: number | null): void
  onZoom(from: number, to: number): void
}

function BudgetChart({ steps, pointed, wholeWindow, ...frame }: LaneProps & { wholeWindow: boolean }) {
  const domain = budgetDomain(steps.map((step) => step.budgetRemaining))
  const points = pointsOf(steps, frame.from, frame.to)
  return (
    <ChartFrame {...frame} label="Budget left over time" height={240} domain={domain} tickWord={budget}>
      {(plot) => (
        <>
          <OverspentFill points={points} domain={domain} plot={plot} />
          {wholeWindow && (
            <>
              <line class="chart-ideal" x1="0" x2={plot.width} y1={plot.yOf(1)} y2={plot.yOf(0)} />
              <text class="chart-label" x={plot.width * 0.72} y={plot.yOf(0.28) - 8}>
                even spend
              </text>
            </>
          )}
          <path class="chart-line" d={linePath(points, domain, plot.width, plot.height)} />
          <Crosshair plot={plot} step={pointed} value={pointed?.budgetRemaining ?? null} />
        </>
      )}
    </ChartFrame>
  )
}

/** What lies below zero is filled: overspent budget has a size. */
function OverspentFill({ points, domain, plot }: { points: Point[]; domain: Domain; plot: Plot }) {
  if (domain.low === 0) return null
  const below = points.map(({ at, value }) => ({ at, value: value === null ? null : Math.min(0, value) }))
  return <path class="chart-overspent" d={areaPath(below, domain, plot.width, plot.height, 0)} />
}

function BurnChart({ steps, pointed, stepMinutes, ...frame }: LaneProps & { stepMinutes: number }) {
  const domain = { low: 0, high: Math.max(2, ...steps.map((step) => step.burn ?? 0)) }
  return (
    <ChartFrame {...frame} label="Burn rate over time" height={130} domain={domain} tickWord={burnTick}>
      {(plot) => (
        <>
          {steps.map((step) => {
            const x = plot.xOf(Date.parse(step.at))
            const width = plot.xOf(frame.from + stepMinutes * 60_000)
            if (step.burn === null) return null
            return (
              <rect
                key={step.at}
                class={step.burn > 1 ? 'chart-bar is-fast' : 'chart-bar'}
                x={x}
                width={Math.max(1, width - (width > 4 ? 1 : 0))}
                y={plot.yOf(step.burn)}
                height={Math.max(step.burn > 0 ? 1 : 0, plot.height - plot.yOf(step.burn))}
              />
            )
          })}
          <line class="chart-ideal" x1="0" x2={plot.width} y1={plot.yOf(1)} y2={plot.yOf(1)} />
          <Crosshair plot={plot} step={pointed} value={null} />
        </>
      )}
    </ChartFrame>
  )
}

const burnTick = (value: number): string => `${value.toLocaleString('en', { maximumFractionDigits: 2 })}×`

function Crosshair({ plot, step, value }: { plot: Plot; step: HistoryStep | null; value: number | null }) {
  if (step === null) return null
  const x = plot.xOf(Date.parse(step.at))
  return (
    <g class="crosshair">
      <line x1={x} x2={x} y1="0" y2={plot.height} />
      {value !== null && <circle cx={x} cy={plot.yOf(value)} r="3.5" />}
    </g>
  )
}

function Readout({ slo, step, stepMinutes }: { slo: SloDetail; step: HistoryStep | null; stepMinutes: number }) {
  const zone = useZone()
  if (step === null) return <p class="readout">No minutes are measured in this range.</p>
  const at = Date.parse(step.at)
  return (
    <p class="readout number">
      <span>
        {time(at, null, zone)} <span class="muted">+ {windowName(stepMinutes)}</span>
      </span>
      <span>
        <span class="muted">budget left</span> {budget(step.budgetRemaining)}
      </span>
      <span>
        <span class="muted">burn</span> {burn(step.burn)}
      </span>
      <span>
        <span class="muted">SLI</span> {sli(step.sli, slo.objective.targetPpm)}
      </span>
      <span>
        <span class="muted">bad</span> {count(step.total - step.good)} <span class="muted">of</span> {count(step.total)}
      </span>
    </p>
  )
}

function HistoryTable({ slo, steps }: { slo: SloDetail; steps: readonly HistoryStep[] }) {
  const [open, setOpen] = useState(false)
  const zone = useZone()
  return (
    <details class="history-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {open && (
        <div class="scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col" class="right">
                  Good
                </th>
                <th scope="col" class="right">
                  Total
                </th>
                <th scope="col" class="right">
                  SLI
                </th>
                <th scope="col" class="right">
                  Burn
                </th>
                <th scope="col" class="right">
                  Budget left
                </th>
              </tr>
            </thead>
            <tbody>
              {steps.toReversed().map((step) => (
                <tr key={step.at}>
                  <td class="number">{time(Date.parse(step.at), null, zone)}</td>
                  <td class="right number">{count(step.good)}</td>
                  <td class="right number">{count(step.total)}</td>
                  <td class="right number">{sli(step.sli, slo.objective.targetPpm)}</td>
                  <td class="right number">{burn(step.burn)}</td>
                  <td class="right number">{budget(step.budgetRemaining)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  )
}

const pointsOf = (steps: readonly HistoryStep[], from: number, to: number): Point[] =>
  steps.map((step) => ({ at: (Date.parse(step.at) - from) / (to - from), value: step.budgetRemaining }))

function nearest(steps: readonly HistoryStep[], at: number): HistoryStep | null {
  const distance = (step: HistoryStep) => Math.abs(Date.parse(step.at) - at)
  return steps.reduce<HistoryStep | null>(
    (best, step) => (best && distance(best) <= distance(step) ? best : step),
    null,
  )
}
