import { useState } from 'preact/hooks'

const SHOWN_MS = 1_500

/** Text in one line with a button that copies it. */
export function CopyText({ text, label }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_MS)
  }
  return (
    <span class="copy-text">
      <code title={text}>{label ?? text}</code>
      <button type="button" class="quiet" aria-label={`Copy ${text}`} onClick={copy}>
        {copied ? 'copied' : 'copy'}
      </button>
    </span>
  )
}
