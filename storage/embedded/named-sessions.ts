import type { EngineSession } from './chdb-sessions.ts'
import { EngineError } from './engine-errors.ts'

const MAX_SESSIONS = 64

export interface NamedSessions {
  /** Runs `work` on the session with this id, alone; refuses when it is busy (373) or, with `check`, unknown (372). */
  use<T>(request: SessionRequest, work: (session: EngineSession) => Promise<T>): Promise<T>
  close(): void
}

export interface SessionRequest {
  id: string
  check: boolean
  timeoutSeconds: number
}

interface Entry {
  session: EngineSession
  busy: boolean
  expiry?: NodeJS.Timeout
}

/** Sessions that outlive a request, by `session_id`: their settings and temporary tables last until they time out. */
export function createNamedSessions(open: () => EngineSession): NamedSessions {
  const entries = new Map<string, Entry>()

  function find({ id, check }: SessionRequest): Entry {
    const known = entries.get(id)
    if (known?.busy) throw new EngineError(373, 'SESSION_IS_LOCKED', `Session ${id} is locked by a concurrent client`)
    if (known) return known
    if (check) throw new EngineError(372, 'SESSION_NOT_FOUND', `Session ${id} is not found`)
    if (entries.size >= MAX_SESSIONS) {
      throw new EngineError(
        202,
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `There are ${MAX_SESSIONS} sessions already; let some expire`,
      )
    }
    const entry = { session: open(), busy: false }
    entries.set(id, entry)
    return entry
  }

  return {
    async use(request, work) {
      const entry = find(request)
      clearTimeout(entry.expiry)
      entry.busy = true
      try {
        return await work(entry.session)
      } finally {
        entry.busy = false
        entry.expiry = setTimeout(() => {
          entries.delete(request.id)
          entry.session.close()
        }, request.timeoutSeconds * 1000).unref()
      }
    },
    close() {
      for (const { session, expiry } of entries.values()) {
        clearTimeout(expiry)
        session.close()
      }
      entries.clear()
    },
  }
}

/** What a request says about its session; null when it wants none. */
export function sessionRequest(params: URLSearchParams): SessionRequest | null {
  const id = params.get('session_id')
  if (!id) return null
  const timeoutSeconds = Math.min(3600, Math.max(1, Number(params.get('session_timeout') ?? 60) || 60))
  return { id, check: params.get('session_check') === '1', timeoutSeconds }
}
