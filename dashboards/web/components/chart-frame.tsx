import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Scale } from '../chart-geometry.ts'
import { useZone } from '../preferences.ts'
import { tickText, timeTicks } from '../time-ticks.ts'

export const MARGIN = { left: 62, right: 12, top: 10, bottom: 24 } as const
const MIN_WIDTH = 260
const PIXELS_PER_TIME_TICK = 90
/** Half of `23 Nov`: the last label moves in rather than being cut. */
const HALF_TICK_TEXT = 22

export interface Plot {
  width: number
  height: number
  xOf(at: number): number
  yOf(value: number): number
}

interface ChartProps {
  label: string
  height: number
  from: number
  to: number
  scale: Scale
  tickWord(value: number): string
  /** Moment under the pointer, null when it leaves. */
  onPoint?(at: number | null): void
  /** A dragged stretch of time. */
  onZoom?(from: number, to: number): void
  children(plot: Plot): ComponentChildren
}

/** Axes, grid and pointer of a chart over time; the caller draws inside. */
export function ChartFrame({ label, height, from, to, scale, tickWord, onPoint, onZoom, children }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder)
  const zone = useZone()
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null)
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom }
  const plot: Plot = {
    ...inner,
    xOf: (at) => ((at - from) / (to - from)) * inner.width,
    yOf: (value) => inner.height - scale.placeOf(value) * inner.height,
  }
  const time = timeTicks(from, to, Math.max(2, Math.floor(inner.width / PIXELS_PER_TIME_TICK)), zone)
  const momentAt = (event: PointerEvent): number => {
    const left = (holder.current?.getBoundingClientRect().left ?? 0) + MARGIN.left
    return from + Math.min(1, Math.max(0, (event.clientX - left) / inner.width)) * (to - from)
  }
  const move = (event: PointerEvent) => {
    const at = momentAt(event)
    onPoint?.(at)
    if (drag) setDrag({ ...drag, to: at })
  }
  const start = (event: PointerEvent) => {
    if (!onZoom || event.button !== 0 || event.pointerType === 'touch') return
    setDrag({ from: momentAt(event), to: momentAt(event) })
  }
  const end = () => {
    if (drag && Math.abs(plot.xOf(drag.to) - plot.xOf(drag.from)) > 8)
      onZoom?.(Math.min(drag.from, drag.to), Math.max(drag.from, drag.to))
    setDrag(null)
  }
  const leave = () => {
    onPoint?.(null)
    setDrag(null)
  }
  return (
    <div class="chart" ref={holder}>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={label}
        onPointerMove={move}
        onPointerDown={start}
        onPointerUp={end}
        onPointerLeave={leave}
      >
        <g transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
          {scale.ticks.map((value) => (
            <g key={value} class={value === 0 ? 'grid grid-zero' : 'grid'}>
              <line x1="0" x2={inner.width} y1={plot.yOf(value)} y2={plot.yOf(value)} />
              <text x="-8" y={plot.yOf(value)} dy="0.32em" text-anchor="end">
                {tickWord(value)}
              </text>
            </g>
          ))}
          {time.ticks.map((at) => (
            <g key={at} class="grid">
              <line x1={plot.xOf(at)} x2={plot.xOf(at)} y1={inner.height} y2={inner.height + 4} />
              <text
                x={Math.min(plot.xOf(at), inner.width + MARGIN.right - HALF_TICK_TEXT)}
                y={inner.height + 17}
                text-anchor="middle"
              >
                {tickText(at, time.stepMs, zone)}
              </text>
            </g>
          ))}
          {children(plot)}
          {drag && (
            <rect
              class="chart-drag"
              x={Math.min(plot.xOf(drag.from), plot.xOf(drag.to))}
              width={Math.abs(plot.xOf(drag.to) - plot.xOf(drag.from))}
              y="0"
              height={inner.height}
            />
          )}
        </g>
      </svg>
    </div>
  )
}

/** The element's width, followed as the window changes. */
function useWidth(holder: { current: Element | null }): number {
  const [width, setWidth] = useState(MIN_WIDTH)
  useEffect(() => {
    if (!holder.current) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(MIN_WIDTH, Math.floor(entry.contentRect.width)))
    })
    observer.observe(holder.current)
    return () => observer.disconnect()
  }, [holder])
  return width
}

/** A line at the moment pointed at, with a ring on the value where there is one. */
export function Crosshair({ plot, at, value = null }: { plot: Plot; at: number | null; value?: number | null }) {
  if (at === null) return null
  const x = plot.xOf(at)
  return (
    <g class="crosshair">
      <line x1={x} x2={x} y1="0" y2={plot.height} />
      {value !== null && <circle cx={x} cy={plot.yOf(value)} r="3.5" />}
    </g>
  )
}
