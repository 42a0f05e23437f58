import { useEffect, useRef } from 'preact/hooks'
import { giveToken, useConnection } from '../live.ts'

/** Asks for an API token after a 401; it is kept for this tab only. */
export function TokenDialog() {
  const { tokenWanted } = useConnection()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (tokenWanted !== 'no' && !dialog.current?.open) dialog.current?.showModal()
    if (tokenWanted === 'no') dialog.current?.close()
  }, [tokenWanted])
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token')
    if (typeof token === 'string' && token.trim() !== '') giveToken(token.trim())
  }
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="token-title" onCancel={(event) => event.preventDefault()}>
      <h2 id="token-title">This Plumbline asks for a token</h2>
      {tokenWanted === 'refused' && (
        <p class="tone-failing" role="alert">
          That token was not accepted.
        </p>
      )}
      <p>
        Use one with the scope “read” from <code>tokens</code> in <code>plumbline.yaml</code>. It is kept in this tab
        until you close it.
      </p>
      <form onSubmit={submit}>
        <label>
          Token
          <input name="token" type="password" autocomplete="off" required />
        </label>
        <button type="submit">Continue</button>
      </form>
    </dialog>
  )
}
