import { useState } from 'preact/hooks'
import type { HistoryStep, SloDetail } from '../api-shapes.ts'
import { windowDrawing, windowLine } from '../burn-down.ts'
import { areaPath, budgetDomain, linearScale, linePath, type Point, type Scale } from '../chart-geometry.ts'
import { budget, burn, count, sli, time, windowName } from '../format.ts'
import type { Range } from '../history.ts'
import { useZone } from '../preferences.ts'
import { BurnChart } from './burn-chart.tsx'
import { ChartFrame, Crosshair, type Plot } from './chart-frame.tsx'
import { HistoryTable } from './history-table.tsx'

const MINUTE_MS = 60_000

/** A step with the budget left at its end, as the line shows it. */
interface Mark {
  step: HistoryStep
  endsAt: number
  left: number | null
}

interface ChartsProps {
  slo: SloDetail
  steps: readonly HistoryStep[]
  range: Range
  /** The range is the SLO's whole window, or the calendar period that is open. */
  wholeWindow: boolean
  onZoom(from: number, to: number): void
}

/** Budget left and burn per step over one time axis, read out under the pointer; the same numbers as a table below. */
export function HistoryCharts({ slo, steps, range, wholeWindow, onZoom }: ChartsProps) {
  const [at, setAt] = useState<number | null>(null)
  const left = wholeWindow ? windowLine(steps, slo) : steps.map((step) => step.budgetRemaining)
  const marks = steps.map((step, n) => ({
    step,
    endsAt: Date.parse(step.at) + range.stepMinutes * MINUTE_MS,
    left: left[n] ?? null,
  }))
  const drawing = wholeWindow ? windowDrawing(slo) : 'trailing'
  const newest = marks.findLast(({ step, left }) => step.total > 0 || left !== null) ?? marks.at(-1) ?? null
  const pointed = at === null ? null : nearest(marks, at)
  const frame = { from: range.from, to: range.to, onPoint: setAt, onZoom }
  return (
    <>
      <Readout slo={slo} mark={pointed ?? newest} stepMinutes={range.stepMinutes} />
      <BudgetChart
        frame={frame}
        marks={marks}
        pointed={pointed}
        beginsFull={drawing !== 'trailing'}
        resets={slo.budget.resets.map((reset) => Date.parse(reset.at))}
      />
      <h3 class="chart-title">Burn per {windowName(range.stepMinutes)}; above 1× the budget will not last</h3>
      <BurnChart frame={frame} steps={steps} pointed={pointed?.step ?? null} stepMinutes={range.stepMinutes} />
      <HistoryTable slo={slo} steps={steps} />
    </>
  )
}

interface BudgetChartProps {
  frame: { from: number; to: number; onPoint(at: number | null): void; onZoom(from: number, to: number): void }
  marks: readonly Mark[]
  pointed: Mark | null
  /** The line begins with a full budget: an even spend is drawn beside it. */
  beginsFull: boolean
  /** When the budget began anew, in ms. */
  resets: readonly number[]
}

function BudgetChart({ frame, marks, pointed, beginsFull, resets }: BudgetChartProps) {
  const domain = budgetDomain(marks.map((mark) => mark.left))
  const scale = linearScale(domain)
  const placed = marks.map(({ endsAt, left }) => ({ at: (endsAt - frame.from) / (frame.to - frame.from), value: left }))
  const points = beginsFull && marks[0]?.left !== null ? [{ at: 0, value: 1 }, ...placed] : placed
  return (
    <ChartFrame {...frame} label="Budget left over time" height={240} scale={scale} tickWord={percentTick}>
      {(plot) => (
        <>
          {domain.low < 0 && <OverspentFill points={points} scale={scale} plot={plot} />}
          {beginsFull && <EvenSpend plot={plot} />}
          {resets
            .filter((at) => at > frame.from && at < frame.to)
            .map((at) => (
              <Reset key={at} plot={plot} at={at} />
            ))}
          <path class="chart-line" d={linePath(points, scale, plot.width, plot.height)} />
          <Crosshair plot={plot} at={pointed?.endsAt ?? null} value={pointed?.left ?? null} />
        </>
      )}
    </ChartFrame>
  )
}

/** The ideal line: spent evenly, the budget lasts exactly the window. */
function EvenSpend({ plot }: { plot: Plot }) {
  return (
    <>
      <line class="chart-ideal" x1="0" x2={plot.width} y1={plot.yOf(1)} y2={plot.yOf(0)} />
      <text class="chart-label" x={plot.width * 0.3} y={plot.yOf(0.7) + 16} text-anchor="end">
        even spend
      </text>
    </>
  )
}

/** Where the budget began anew; the label stands on the side that has room. */
function Reset({ plot, at }: { plot: Plot; at: number }) {
  const x = plot.xOf(at)
  const isRight = x > plot.width / 2
  return (
    <g class="chart-reset">
      <line x1={x} x2={x} y1="0" y2={plot.height} />
      <text x={x + (isRight ? -6 : 6)} y="10" text-anchor={isRight ? 'end' : 'start'}>
        budget reset
      </text>
    </g>
  )
}

/** What lies below zero is filled: overspent budget has a size. */
function OverspentFill({ points, scale, plot }: { points: Point[]; scale: Scale; plot: Plot }) {
  const below = points.map(({ at, value }) => ({ at, value: value === null ? null : Math.min(0, value) }))
  return <path class="chart-overspent" d={areaPath(below, scale, plot.width, plot.height, 0)} />
}

const percentTick = (value: number): string => `${Math.round(value * 100).toLocaleString('en')}%`.replace('-', '−')

function Readout({ slo, mark, stepMinutes }: { slo: SloDetail; mark: Mark | null; stepMinutes: number }) {
  const zone = useZone()
  if (mark === null) return <p class="readout">No minutes are measured in this range.</p>
  const { step, left } = mark
  return (
    <p class="readout number">
      <span>
        {time(Date.parse(step.at), null, zone)} <span class="muted">+ {windowName(stepMinutes)}</span>
      </span>
      <span>
        <span class="muted">budget left</span> {budget(left)}
      </span>
      <span>
        <span class="muted">burn</span> {burn(step.burn)}
      </span>
      <span>
        <span class="muted">SLI</span> {sli(step.sli, slo.objective?.targetPpm)}
      </span>
      <span>
        <span class="muted">bad</span> {count(step.total - step.good)} <span class="muted">of</span> {count(step.total)}
        {slo.objective?.slice && <span class="muted"> events</span>}
      </span>
    </p>
  )
}

function nearest(marks: readonly Mark[], at: number): Mark | null {
  const distance = (mark: Mark) => Math.abs(mark.endsAt - at)
  return marks.reduce<Mark | null>((best, mark) => (best && distance(best) <= distance(mark) ? best : mark), null)
}
