import { useEffect, useRef } from 'preact/hooks'

const KEYS = [
  ['g o', 'Overview'],
  ['g s', 'SLOs'],
  ['g i', 'Incidents'],
  ['g d', 'Dependencies'],
  ['g m', 'Silences and maintenance'],
  ['a', 'Acknowledge an incident, or give it back'],
  ['c', 'Comment on an incident'],
  ['/', 'Search or filter'],
  ['Enter', 'In the filter: to the first match'],
  ['t', 'Theme: auto, light, dark'],
  ['?', 'This list'],
  ['Esc', 'Close, or clear the filter'],
] as const

export function HelpDialog({ open, onClose }: { open: boolean; onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal()
    if (!open) dialog.current?.close()
  }, [open])
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keyboard</h2>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split(' ').map((part) => (
                <kbd key={part}>{part}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  )
}
