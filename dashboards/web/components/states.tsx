import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Link } from '../navigation.tsx'
import type { RequestProblem } from '../request.ts'

const SKELETON_AFTER_MS = 200

/** Keeps the layout while the first answer is on its way; nothing flickers when it is quick. */
export function Loading({ rows = 6 }: { rows?: number }) {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {late && Array.from({ length: rows }, (_, row) => <div class="skeleton-row" key={row} />)}
    </div>
  )
}

/** A request that failed before anything could be shown. */
export function Failure({ problem, retry }: { problem: RequestProblem; retry(): void }) {
  const forbidden = problem.status === 403
  return (
    <section class="notice notice-failing" role="alert">
      <h2>{forbidden ? 'This token may not read here' : problem.message}</h2>
      {problem.detail !== '' && <p>{problem.detail}</p>}
      {forbidden && <p>It needs the scope “read”. Ask whoever runs Plumbline for a token that has it.</p>}
      <p>
        <code>{problem.request}</code>
        {problem.status > 0 && <> answered {problem.status}</>}
      </p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </section>
  )
}

/** One line above data that could not be renewed: the old numbers stay. */
export function Outdated({ problem, retry }: { problem: RequestProblem | null; retry(): void }) {
  if (problem === null || problem.status === 0 || problem.status === 401) return null
  return (
    <p class="banner banner-failing" role="alert">
      <span>
        Not renewed: <code>{problem.request}</code> answered {problem.status}, {problem.message}. What you see is the
        last good answer.
      </span>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </p>
  )
}

interface NotFoundProps {
  what: string
  nearMisses?: readonly { href: string; name: string }[]
  children?: ComponentChildren
}

export function NotFound({ what, nearMisses = [], children }: NotFoundProps) {
  return (
    <section class="notice">
      <h1>{what}</h1>
      {nearMisses.length > 0 && (
        <>
          <p>Did you mean:</p>
          <ul>
            {nearMisses.map(({ href, name }) => (
              <li key={href}>
                <Link href={href}>{name}</Link>
              </li>
            ))}
          </ul>
        </>
      )}
      {children}
      <p>
        <Link href="/">Back to the overview</Link>
      </p>
    </section>
  )
}
