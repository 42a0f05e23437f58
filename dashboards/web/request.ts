/** A request that did not give an answer to show: what was asked, what came back. `status` 0 = nothing came back. */
export class RequestProblem extends Error {
  readonly request: string
  readonly status: number
  readonly detail: string
  readonly nearMisses: readonly string[]

  constructor(request: string, status: number, title: string, detail = '', nearMisses: readonly string[] = []) {
    super(title)
    this.request = request
    this.status = status
    this.detail = detail
    this.nearMisses = nearMisses
  }
}

export interface Answer {
  body: unknown
  /** Server clock minus browser clock in ms, by the Date header; null when the header is missing. */
  clockSkewMs: number | null
}

const TIMEOUT_MS = 8_000

/** GETs JSON of this origin; throws RequestProblem for everything else, with the title of problem+json where there is one. */
export const getJson = (path: string, token: string | null): Promise<Answer> => request('GET', path, token)

/** The same for a change: sends `body` as JSON. */
export const sendJson = (method: Method, path: string, token: string | null, body: unknown): Promise<Answer> =>
  request(method, path, token, body)

type Method = 'GET' | 'POST' | 'DELETE'

async function request(method: Method, path: string, token: string | null, body?: unknown): Promise<Answer> {
  const asked = `${method} ${path}`
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (token) headers.authorization = `Bearer ${token}`
  // Without cookies a 401 does not open the browser's own password window in front of ours.
  const options: RequestInit = { method, headers, credentials: 'omit', signal: AbortSignal.timeout(TIMEOUT_MS) }
  if (body !== undefined) options.body = JSON.stringify(body)
  const response = await fetch(path, options).catch((error: unknown) => {
    const late = error instanceof DOMException && error.name === 'TimeoutError'
    throw new RequestProblem(asked, 0, late ? 'No answer within 8 s' : 'The server cannot be reached')
  })
  const answer = await response.json().catch(() => null)
  if (!response.ok) throw problemOf(asked, response.status, answer)
  if (answer === null) throw new RequestProblem(asked, response.status, 'The answer is not JSON')
  const date = Date.parse(response.headers.get('date') ?? '')
  return { body: answer, clockSkewMs: Number.isNaN(date) ? null : date - Date.now() }
}

function problemOf(request: string, status: number, body: unknown): RequestProblem {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const text = (key: string) => (typeof fields[key] === 'string' ? (fields[key] as string) : '')
  const misses = Array.isArray(fields.nearMisses) ? fields.nearMisses : []
  return new RequestProblem(
    request,
    status,
    text('title') || `The server answered ${status}`,
    text('detail'),
    misses.filter((miss) => typeof miss === 'string'),
  )
}
