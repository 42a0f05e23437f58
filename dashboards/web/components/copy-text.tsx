import { useState } from 'preact/hooks'

const SHOWN_MS = 1_500

/** Copies a text; says so for a moment. */
export function CopyButton({ text, what = text }: { text: string; what?: string }) {
  const [said, setSaid] = useState('copy')
  const copy = async () => {
    const done = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
    setSaid(done ? 'copied' : 'not allowed')
    setTimeout(() => setSaid('copy'), SHOWN_MS)
  }
  return (
    <button type="button" class="quiet" aria-label={`Copy ${what}`} onClick={copy}>
      {said}
    </button>
  )
}

/** Text in one line with a button that copies it; `label` stands for a text too long to show. */
export function CopyText({ text, label }: { text: string; label?: string }) {
  return (
    <span class="copy-text">
      {label === undefined ? <code>{text}</code> : <span>{label}</span>}
      <CopyButton text={text} what={label ?? text} />
    </span>
  )
}
