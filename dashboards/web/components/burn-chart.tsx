import type { HistoryStep } from '../api-shapes.ts'
import { burnScale } from '../chart-geometry.ts'
import { ChartFrame, Crosshair, type Plot } from './chart-frame.tsx'

const MINUTE_MS = 60_000

interface BurnChartProps {
  frame: { from: number; to: number; onPoint?(at: number | null): void; onZoom?(from: number, to: number): void }
  steps: readonly HistoryStep[]
  pointed: HistoryStep | null
  stepMinutes: number
  /** When an incident began. */
  begin?: number
  height?: number
}

/** Burn rate of each step as columns, with the sustainable rate as a line; steps without events stay empty. */
export function BurnChart({ frame, steps, pointed, stepMinutes, begin, height = 150 }: BurnChartProps) {
  const scale = burnScale(steps.map((step) => step.burn))
  return (
    <ChartFrame {...frame} label="Burn rate over time" height={height} scale={scale} tickWord={tickWord}>
      {(plot) => {
        const width = plot.xOf(frame.from + stepMinutes * MINUTE_MS)
        return (
          <>
            {steps.map(({ at, burn }) => (
              <Column
                key={at}
                plot={plot}
                x={plot.xOf(Date.parse(at))}
                width={Math.max(1, width - (width > 4 ? 1 : 0))}
                burn={burn}
              />
            ))}
            <line class="chart-ideal" x1="0" x2={plot.width} y1={plot.yOf(1)} y2={plot.yOf(1)} />
            {begin !== undefined && begin >= frame.from && (
              <g class="chart-begin">
                <line x1={plot.xOf(begin)} x2={plot.xOf(begin)} y1="0" y2={plot.height} />
                <text x={plot.xOf(begin) - 6} y="10" text-anchor="end">
                  incident opened
                </text>
              </g>
            )}
            <Crosshair plot={plot} at={pointed ? Date.parse(pointed.at) + (stepMinutes * MINUTE_MS) / 2 : null} />
          </>
        )
      }}
    </ChartFrame>
  )
}

/** Height of a step that burnt nothing: one without events has none, and the two must not look alike. */
const MEASURED = 2

/** Grey up to what the budget can bear, coloured beyond. */
function Column({ plot, x, width, burn }: { plot: Plot; x: number; width: number; burn: number | null }) {
  if (burn === null) return null
  const top = Math.min(plot.yOf(burn), plot.height - MEASURED)
  const bearable = Math.max(top, plot.yOf(1))
  return (
    <>
      <rect class="chart-bar" x={x} width={width} y={bearable} height={plot.height - bearable} />
      {burn > 1 && <rect class="chart-bar is-fast" x={x} width={width} y={top} height={bearable - top} />}
    </>
  )
}

const tickWord = (value: number): string => `${value.toLocaleString('en', { maximumFractionDigits: 2 })}×`
