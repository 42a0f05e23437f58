import { useState } from 'preact/hooks'
import { ChangeProblem, useChange } from './change.tsx'
import { Buttons, focus, NameField, readForm } from './form.tsx'

const KINDS = { once: 'Once', cron: 'Repeating, by cron', rrule: 'Repeating, by RRULE' }
type Kind = keyof typeof KINDS

/** Plans work: what it is about, when, and what it means for telling and for budgets. */
export function MaintenanceForm({ onDone }: { onDone(): void }) {
  const [kind, setKind] = useState<Kind>('once')
  const [excludes, setExcludes] = useState(false)
  const { busy, problem, run } = useChange()
  const submit = async (event: SubmitEvent) => {
    const { text, name, checked } = readForm(event)
    const names = (key: string) =>
      text(key)
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean)
    const body = {
      scope: {
        services: names('services'),
        slos: names('slos'),
        dependencies: names('dependencies'),
        environments: names('environments'),
      },
      schedule: scheduleOf(kind, text),
      suppress: checked('suppress'),
      excludeFromBudget: checked('exclude'),
      reason: text('reason'),
      ...(text('review') !== '' && { reviewAt: `${text('review')}T00:00:00Z` }),
      ...(name !== '' && { createdBy: name }),
    }
    if (await run('POST', '/api/v1/maintenance-windows', body)) onDone()
  }
  return (
    <form class="form" aria-label="New maintenance window" onSubmit={submit}>
      <fieldset>
        <legend>About; commas between names, all that is filled in must hold</legend>
        <Text name="services" word="Services" first />
        <Text name="dependencies" word="Dependencies" />
        <Text name="slos" word="SLOs" />
        <Text name="environments" word="Environments" />
      </fieldset>
      <label>
        When
        <select name="kind" value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)}>
          {Object.entries(KINDS).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <When kind={kind} />
      <label class="check">
        <input name="suppress" type="checkbox" defaultChecked /> Do not tell of its alerts; what still fires at the end
        is told
      </label>
      <label class="check">
        <input
          name="exclude"
          type="checkbox"
          checked={excludes}
          onChange={(event) => setExcludes(event.currentTarget.checked)}
        />{' '}
        Leave its time out of error budgets
      </label>
      <label>
        Why{excludes && ' (needed)'}
        <input name="reason" type="text" required={excludes} />
      </label>
      <fieldset>
        {kind !== 'once' && (
          <label>
            Look at it again on
            <input name="review" type="date" />
          </label>
        )}
        <NameField />
      </fieldset>
      <Buttons busy={busy} word="Plan" onCancel={onDone} />
      <ChangeProblem problem={problem} />
    </form>
  )
}

interface TextProps {
  name: string
  word: string
  placeholder?: string
  first?: boolean
}

function Text({ name, word, placeholder = '', first = false }: TextProps) {
  return (
    <label>
      {word}
      <input name={name} type="text" spellcheck={false} placeholder={placeholder} ref={first ? focus : null} />
    </label>
  )
}

function When({ kind }: { kind: Kind }) {
  if (kind === 'once')
    return (
      <fieldset>
        <label>
          From (UTC)
          <input name="from" type="datetime-local" required />
        </label>
        <label>
          To (UTC)
          <input name="to" type="datetime-local" required />
        </label>
      </fieldset>
    )
  const duration = <Text name="duration" word="For" placeholder="2h" />
  if (kind === 'cron')
    return (
      <fieldset>
        <Text name="cron" word="Cron" placeholder="30 2 * * 0" />
        <Text name="timeZone" word="Time zone" placeholder="Europe/Berlin" />
        {duration}
      </fieldset>
    )
  return (
    <>
      <label>
        DTSTART and RRULE, one a line
        <textarea
          name="rrule"
          rows={2}
          required
          spellcheck={false}
          placeholder={'DTSTART;TZID=Europe/Berlin:20260104T020000\nRRULE:FREQ=WEEKLY;BYDAY=SU'}
        />
      </label>
      {duration}
    </>
  )
}

function scheduleOf(kind: Kind, text: (key: string) => string) {
  const duration = text('duration')
  if (kind === 'once') return { from: `${text('from')}:00Z`, to: `${text('to')}:00Z` }
  if (kind === 'cron') return { cron: text('cron'), timeZone: text('timeZone'), duration }
  return { rrule: text('rrule'), duration }
}
