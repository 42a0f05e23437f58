import { useState } from 'preact/hooks'
import type { HistoryStep, SloDetail } from '../api-shapes.ts'
import { useNow } from '../clock.ts'
import { budget, burnAligned, count, sli, time } from '../format.ts'
import { useZone } from '../preferences.ts'

const COLUMNS = ['Good', 'Total', 'SLI', 'Burn'] as const

/** The numbers behind the charts, newest first, without the steps that are still to come; built only when opened. */
export function HistoryTable({ slo, steps }: { slo: SloDetail; steps: readonly HistoryStep[] }) {
  const [open, setOpen] = useState(false)
  const now = useNow()
  const left = slo.objective?.window.rolling === false ? 'Budget left in the period' : 'Rolling budget left'
  const past = steps.filter((step) => Date.parse(step.at) <= now)
  return (
    <details class="history-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {open && (
        <div class="scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">From</th>
                {[...COLUMNS, left].map((column) => (
                  <th scope="col" class="right" key={column}>
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {past.toReversed().map((step) => (
                <Row key={step.at} step={step} targetPpm={slo.objective?.targetPpm} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  )
}

function Row({ step, targetPpm }: { step: HistoryStep; targetPpm: number | undefined }) {
  const zone = useZone()
  return (
    <tr>
      <td class="number">{time(Date.parse(step.at), null, zone)}</td>
      <td class="right number">{count(step.good)}</td>
      <td class="right number">{count(step.total)}</td>
      <td class="right number">{sli(step.sli, targetPpm)}</td>
      <td class="right number">{burnAligned(step.burn)}</td>
      <td class="right number">{budget(step.budgetRemaining)}</td>
    </tr>
  )
}
