import { useState } from 'preact/hooks'
import type { List, BudgetReset as Reset, SloDetail } from '../api-shapes.ts'
import { budget } from '../format.ts'
import { serverNow, useLive } from '../live.ts'
import { ChangeProblem, useChange } from './change.tsx'
import { Buttons, focus, NameField, readForm } from './form.tsx'
import { Time } from './time.tsx'

/** Lets the budget begin anew: asks why, says what it does and asks once more, and tells who did so before. */
export function BudgetReset({ slo }: { slo: SloDetail }) {
  const [form, setForm] = useState(false)
  const [done, setDone] = useState(false)
  if (slo.definition === null) return null
  return (
    <section aria-labelledby="reset-title">
      <h2 id="reset-title">A new start</h2>
      {!form && (
        <p class="people-actions">
          <button
            type="button"
            aria-expanded={false}
            onClick={() => {
              setForm(true)
              setDone(false)
            }}
          >
            Reset the budget…
          </button>
          <span role="status">{done && 'The budget begins anew with the next evaluation, within seconds.'}</span>
        </p>
      )}
      {form && (
        <ResetForm
          slo={slo}
          onClose={(reset) => {
            setForm(false)
            setDone(reset)
          }}
        />
      )}
      <Resets slo={slo.name} />
    </section>
  )
}

const pathOf = (slo: string) => `/api/v1/slos/${encodeURIComponent(slo)}/budget-resets`

interface ResetBody {
  reason: string
  at?: string
  by?: string
}

function ResetForm({ slo, onClose }: { slo: SloDetail; onClose(reset: boolean): void }) {
  const [asked, setAsked] = useState<ResetBody | null>(null)
  const { busy, problem, run } = useChange()
  const submit = async (event: SubmitEvent) => {
    const { text, name } = readForm(event)
    const at = text('at')
    const body = { reason: text('reason'), ...(at !== '' && { at: `${at}:00Z` }), ...(name !== '' && { by: name }) }
    if (asked === null) setAsked(body)
    else if (await run('POST', pathOf(slo.name), body)) onClose(true)
  }
  return (
    <form class="form" aria-label="Reset the budget" onSubmit={submit} onInput={() => setAsked(null)}>
      <label>
        Why
        <input name="reason" type="text" required maxLength={1_000} ref={focus} />
      </label>
      <fieldset>
        <label>
          From (UTC); empty: now
          <input name="at" type="datetime-local" max={new Date(serverNow()).toISOString().slice(0, 16)} />
        </label>
        <NameField />
      </fieldset>
      {asked !== null && (
        <p role="alert">
          What was before no longer counts against the budget: now {budget(slo.budget.remaining)} left. Both numbers
          stay visible, alerts do not change, and it cannot be undone.
        </p>
      )}
      <Buttons busy={busy} word={asked ? 'Really reset' : 'Reset'} onCancel={() => onClose(false)} />
      <ChangeProblem problem={problem} />
    </form>
  )
}

/** Every reset there ever was, also those the window has left behind. */
function Resets({ slo }: { slo: string }) {
  const items = useLive<List<Reset>>(pathOf(slo), RENEW_MS).value?.items ?? []
  if (items.length === 0) return <p class="muted">The budget was never reset.</p>
  return (
    <ul class="left-out">
      {items.map(({ at, by, reason }) => (
        <li key={at}>
          <Time at={at} /> by {by || 'nobody named'}: {reason}
        </li>
      ))}
    </ul>
  )
}

const RENEW_MS = 60_000
