import { useState } from 'preact/hooks'
import type { IncidentDetail } from '../api-shapes.ts'
import { Link } from '../navigation.tsx'
import { setName, useName } from '../preferences.ts'
import { silencePath } from '../route.ts'
import { ChangeProblem, useChange } from './change.tsx'
import { focus } from './form.tsx'
import { Time } from './time.tsx'

type Form = 'assign' | 'comment' | null

/** Who works on it, and what a person can do about it: `a` acknowledges, `c` comments. */
export function IncidentPeople({ incident }: { incident: IncidentDetail }) {
  const { acknowledgement, assignee } = incident
  const name = useName()
  const [form, setForm] = useState<Form>(null)
  const { busy, problem, run } = useChange()
  const isOpen = incident.state === 'open'
  const act = (action: string, body: object = {}) =>
    run('POST', `/api/v1/incidents/${encodeURIComponent(incident.id)}/${action}`, {
      ...body,
      ...(name !== '' && { author: name }),
    })
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get('text') ?? '')
    if (await act(form ?? 'comment', form === 'assign' ? { assignee: text } : { text })) setForm(null)
  }
  return (
    <section class="people" aria-label="Who works on it">
      <p role="status">
        {acknowledgement ? (
          <>
            <strong>Acknowledged</strong> by {acknowledgement.by} until <Time at={acknowledgement.until} />
          </>
        ) : isOpen ? (
          <strong>Nobody acknowledged it yet</strong>
        ) : (
          <span class="muted">It is over</span>
        )}
        {assignee !== '' && <> · assigned to {assignee}</>}
      </p>
      <div class="people-actions">
        {isOpen && (
          <button
            type="button"
            class={acknowledgement ? '' : 'primary'}
            disabled={busy}
            data-key="a"
            aria-keyshortcuts="a"
            onClick={() => act(acknowledgement ? 'unacknowledge' : 'acknowledge')}
          >
            {acknowledgement ? 'Give back' : 'Acknowledge'}
          </button>
        )}
        {isOpen && (
          <button type="button" aria-expanded={form === 'assign'} onClick={() => setForm('assign')}>
            Assign
          </button>
        )}
        <button
          type="button"
          aria-expanded={form === 'comment'}
          data-key="c"
          aria-keyshortcuts="c"
          onClick={() => setForm('comment')}
        >
          Comment
        </button>
        {isOpen && <Link href={silencePath(matchersOf(incident))}>Silence…</Link>}
        <label class="people-name">
          <span class="muted">You are</span>{' '}
          <input
            type="text"
            name="name"
            autocomplete="nickname"
            placeholder="your name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value.trim())}
          />
        </label>
      </div>
      {form !== null && (
        <form class="people-form" key={form} onSubmit={submit}>
          {form === 'assign' ? (
            <label>
              Assign to (empty: nobody)
              <input name="text" type="text" value={assignee} ref={focus} />
            </label>
          ) : (
            <label>
              Comment
              <textarea name="text" rows={3} required ref={focus} />
            </label>
          )}
          <p>
            <button type="submit" disabled={busy}>
              {form === 'assign' ? 'Assign' : 'Add comment'}
            </button>{' '}
            <button type="button" class="quiet" onClick={() => setForm(null)}>
              Cancel
            </button>
          </p>
        </form>
      )}
      <ChangeProblem problem={problem} />
    </section>
  )
}

const MOST_NAMES = 10

/** What a silence of this incident matches: the SLOs that fire, which stay what they are while a measured cause may change. */
function matchersOf({ members, rootCause, service }: IncidentDetail): string {
  const firing = members.filter(({ endedAt, slo }) => endedAt === null && slo !== '').map(({ slo }) => slo)
  const slos = [...new Set(firing)]
  if (slos.length === 1) return `slo=${JSON.stringify(slos[0])}`
  if (slos.length > 1 && slos.length <= MOST_NAMES) return `slo=~${JSON.stringify(slos.map(literal).join('|'))}`
  return rootCause === '' ? `service=${JSON.stringify(service)}` : `root_cause=${JSON.stringify(rootCause)}`
}

const literal = (name: string): string => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
