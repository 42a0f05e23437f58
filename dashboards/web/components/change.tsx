import { useState } from 'preact/hooks'
import { change } from '../live.ts'
import { RequestProblem } from '../request.ts'

/** Something a person changes: whether it is under way, what went wrong last, and how to do it. */
export interface Change {
  busy: boolean
  problem: RequestProblem | null
  /** True when it was done. */
  run(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<boolean>
}

export function useChange(): Change {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<RequestProblem | null>(null)
  const run = async (method: 'POST' | 'DELETE', path: string, body: unknown = {}) => {
    setBusy(true)
    setProblem(null)
    try {
      await change(method, path, body)
      return true
    } catch (error) {
      if (!(error instanceof RequestProblem)) throw error
      setProblem(error)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, problem, run }
}

/** Why a change was not made. */
export function ChangeProblem({ problem }: { problem: RequestProblem | null }) {
  if (problem === null) return null
  const why = problem.status === 403 ? 'This token may only read: it needs the scope “write”.' : problem.detail
  return (
    <p class="tone-failing" role="alert">
      Not done: {problem.message}. {why}
    </p>
  )
}
