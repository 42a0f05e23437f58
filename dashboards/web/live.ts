import { useEffect, useState } from 'preact/hooks'
import { getJson, RequestProblem, sendJson } from './request.ts'

/**
 * Answers of the API that stay up to date while someone looks at them.
 * One entry per path, shared by all who show it; polled only while the tab is visible. A failed poll keeps the last answer.
 */
export interface Live<T> {
  value: T | null
  problem: RequestProblem | null
  retry(): void
}

export interface Connection {
  /** Browser time of the first failure since the last answer; null while answers come. */
  lostSince: number | null
  lastAnswerAt: number | null
  tokenWanted: 'no' | 'missing' | 'refused'
}

interface Entry {
  path: string
  everyMs: number
  value: unknown
  problem: RequestProblem | null
  askedAt: number
  asking: boolean
  watchers: Set<() => void>
}

const POLL_MS = 5_000
const TOKEN_KEY = 'plumbline.token'
const MAX_PAGES = 50
/** Two failed polls in a row: one lost answer is not a lost connection. */
const FAILURES_UNTIL_LOST = 2

const entries = new Map<string, Entry>()
const connectionWatchers = new Set<() => void>()
let connection: Connection = { lostSince: null, lastAnswerAt: null, tokenWanted: 'no' }
let failures = 0
let firstFailureAt = 0
let clockSkewMs = 0

/** Now by the server's clock, so that ages are right on a machine whose clock is not. */
export const serverNow = (): number => Date.now() + clockSkewMs

/** Follows one GET; null follows nothing. Lists are read to their last page. */
export function useLive<T>(path: string | null, everyMs = POLL_MS): Live<T> {
  const [, redraw] = useState(0)
  useEffect(() => {
    if (path === null) return
    const entry = entryOf(path, everyMs)
    const watcher = () => redraw((n) => n + 1)
    entry.watchers.add(watcher)
    if (isDue(entry)) void ask(entry)
    watcher()
    return () => {
      entry.watchers.delete(watcher)
    }
  }, [path, everyMs])
  const entry = path === null ? undefined : entries.get(path)
  return {
    value: (entry?.value ?? null) as T | null,
    problem: entry?.problem ?? null,
    retry: () => entry && void ask(entry),
  }
}

export function useConnection(): Connection {
  const [seen, setSeen] = useState(connection)
  useEffect(() => {
    const watcher = () => setSeen(connection)
    connectionWatchers.add(watcher)
    watcher()
    return () => {
      connectionWatchers.delete(watcher)
    }
  }, [])
  return seen
}

/** Kept for this tab only. */
export function giveToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token)
  setConnection({ tokenWanted: 'no' })
  askAll()
}

/** Makes a change, then asks again for everything that is shown. Throws RequestProblem. */
export async function change(method: 'POST' | 'DELETE', path: string, body: unknown): Promise<void> {
  try {
    await sendJson(method, path, sessionStorage.getItem(TOKEN_KEY), body)
  } catch (error) {
    if (error instanceof RequestProblem && error.status === 401) wantToken()
    throw error
  }
  askAll()
}

/** Starts the one clock behind all polling; call once. */
export function startPolling(): void {
  setInterval(askDue, 1_000)
  document.addEventListener('visibilitychange', askDue)
  addEventListener('online', askAll)
}

const entryOf = (path: string, everyMs: number): Entry => {
  const known = entries.get(path)
  if (known) return known
  const entry = {
    path,
    everyMs,
    value: null,
    problem: null,
    askedAt: 0,
    asking: false,
    watchers: new Set<() => void>(),
  }
  entries.set(path, entry)
  return entry
}

const isDue = (entry: Entry): boolean => !entry.asking && Date.now() - entry.askedAt >= entry.everyMs

function askDue(): void {
  if (document.visibilityState !== 'visible' || connection.tokenWanted !== 'no') return
  for (const entry of entries.values()) {
    if (entry.watchers.size > 0 && isDue(entry)) void ask(entry)
    else if (entry.watchers.size === 0 && Date.now() - entry.askedAt > 10 * entry.everyMs) entries.delete(entry.path)
  }
}

function askAll(): void {
  for (const entry of entries.values()) if (entry.watchers.size > 0 && !entry.asking) void ask(entry)
}

async function ask(entry: Entry): Promise<void> {
  entry.asking = true
  entry.askedAt = Date.now()
  try {
    entry.value = await readAll(entry.path)
    entry.problem = null
    answered()
  } catch (error) {
    if (!(error instanceof RequestProblem)) throw error
    entry.problem = error
    if (error.status === 0) failed()
    else answered()
    if (error.status === 401) wantToken()
  } finally {
    entry.asking = false
    for (const watcher of entry.watchers) watcher()
  }
}

/** The whole answer; for a list, all pages in one. */
async function readAll(path: string): Promise<unknown> {
  const first = await readPage(path)
  const items = [...(first.items ?? [])]
  let cursor = first.nextCursor ?? null
  for (let page = 1; cursor !== null && page < MAX_PAGES; page += 1) {
    const next = await readPage(`${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`)
    items.push(...(next.items ?? []))
    cursor = next.nextCursor ?? null
  }
  return first.items ? { ...first, items, nextCursor: cursor } : first
}

async function readPage(path: string) {
  const answer = await getJson(path, sessionStorage.getItem(TOKEN_KEY))
  if (answer.clockSkewMs !== null) clockSkewMs = Math.abs(answer.clockSkewMs) < 2_000 ? 0 : answer.clockSkewMs
  return answer.body as { items?: unknown[]; nextCursor?: string | null }
}

function answered(): void {
  failures = 0
  setConnection({ lostSince: null, lastAnswerAt: Date.now() })
}

function failed(): void {
  if (failures === 0) firstFailureAt = Date.now()
  failures += 1
  if (failures >= FAILURES_UNTIL_LOST) setConnection({ lostSince: firstFailureAt })
}

const wantToken = (): void =>
  setConnection({ tokenWanted: sessionStorage.getItem(TOKEN_KEY) === null ? 'missing' : 'refused' })

function setConnection(change: Partial<Connection>): void {
  connection = { ...connection, ...change }
  for (const watcher of connectionWatchers) watcher()
}
