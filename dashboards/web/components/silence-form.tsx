import { ChangeProblem, useChange } from './change.tsx'
import { Buttons, focus, NameField, readForm } from './form.tsx'

const DURATIONS = ['1h', '4h', '12h', '1d', '3d', '7d', '30d']

interface FormProps {
  /** What is filled in already. */
  matchers: string
  onDone(): void
}

/** Makes a silence: one matcher a line, for how long, and why. */
export function SilenceForm({ matchers, onDone }: FormProps) {
  const { busy, problem, run } = useChange()
  const submit = async (event: SubmitEvent) => {
    const { text, name } = readForm(event)
    const body = {
      matchers: linesOf(text('matchers')),
      duration: text('duration'),
      comment: text('comment'),
      ...(name !== '' && { createdBy: name }),
    }
    if (await run('POST', '/api/v1/silences', body)) onDone()
  }
  return (
    <form class="form" aria-label="New silence" onSubmit={submit}>
      <label>
        Matchers, one a line; all must hold
        <textarea
          name="matchers"
          rows={Math.max(2, linesOf(matchers).length)}
          required
          spellcheck={false}
          ref={focus}
          placeholder={'service="checkout"\nseverity=~"ticket|page"'}
          defaultValue={matchers}
        />
      </label>
      <fieldset>
        <label>
          For
          <select name="duration">
            {DURATIONS.map((duration) => (
              <option key={duration} value={duration} selected={duration === '4h'}>
                {duration}
              </option>
            ))}
          </select>
        </label>
        <NameField />
      </fieldset>
      <label>
        Why
        <input name="comment" type="text" required />
      </label>
      <Buttons busy={busy} word="Silence" onCancel={onDone} />
      <ChangeProblem problem={problem} />
    </form>
  )
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
