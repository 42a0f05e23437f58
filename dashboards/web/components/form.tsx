import { setName, useName } from '../preferences.ts'

/** Submit and cancel. */
export function Buttons({ busy, word, onCancel }: { busy: boolean; word: string; onCancel(): void }) {
  return (
    <p>
      <button type="submit" class="primary" disabled={busy}>
        {word}
      </button>{' '}
      <button type="button" class="quiet" onClick={onCancel}>
        Cancel
      </button>
    </p>
  )
}

/** Who does it, as remembered in this browser; with tokens the API takes the token's name instead. */
export function NameField() {
  const name = useName()
  return (
    <label>
      Your name
      <input name="name" type="text" autocomplete="nickname" defaultValue={name} />
    </label>
  )
}

/** The fields of a form that is submitted, trimmed; the name is remembered. */
export function readForm(event: SubmitEvent) {
  event.preventDefault()
  const fields = new FormData(event.currentTarget as HTMLFormElement)
  const text = (key: string) => String(fields.get(key) ?? '').trim()
  const name = text('name')
  setName(name)
  return { text, name, checked: (key: string) => fields.has(key) }
}

/** As `ref`: who opened a form types into it at once. */
export const focus = (element: HTMLElement | null) => element?.focus()
