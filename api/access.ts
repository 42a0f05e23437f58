import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import type { Config } from '../runtime/config-schema.ts'
import { ownNames } from '../runtime/own-names.ts'
import type { Door, RefusedAccess } from '../runtime/refused-access.ts'
import { Problem } from './problem.ts'

type Token = Config['tokens'][number]

declare module 'hono' {
  interface ContextVariableMap {
    /** Name of the token a request came with; absent where no tokens are configured. */
    caller: string
  }
}

/** Who makes a change: the token's name; else what the request says; else nobody in particular. */
export const authorOf = (c: Context, said?: string): string => c.get('caller') ?? (said?.trim() || 'somebody')

const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Requests with a body that change nothing. */
const READING_POSTS = /^\/api\/v1\/(slos\/(validate|preview)|gates\/[^/]+\/(evaluate|flagger))$/

/** Whether a request may change something: it needs the scope `write` then. */
const isWriting = (c: Context): boolean =>
  !READING_METHODS.has(c.req.method) && !(c.req.method === 'POST' && READING_POSTS.test(c.req.path))

/** Lets reading through with a token of scope `read`, changing with one of scope `write`. */
export function requireTokenForMethod(tokens: readonly Token[], refused: RefusedAccess): MiddlewareHandler {
  const read = requireToken(tokens, 'read', { refused })
  const write = requireToken(tokens, 'write', { refused })
  return (c, next) => (isWriting(c) ? write(c, next) : read(c, next))
}

/**
 * Lets a request through that carries a token with `scope`, as `Authorization: Bearer`. `basic` also takes it as the
 * password of Basic, which is all that ClickHouse's clients know; elsewhere that would make browsers ask for a login.
 * Without configured tokens everybody passes: such a process listens on loopback, or was told `--insecure`.
 */
export function requireToken(
  tokens: readonly Token[],
  scope: Token['scopes'][number],
  { refused, basic = false }: { refused: RefusedAccess; basic?: boolean },
): MiddlewareHandler {
  const known = tokens.map((token) => ({ ...token, digest: digestOf(token.token) }))
  const headers = { 'www-authenticate': `${basic ? 'Basic' : 'Bearer'} realm="plumbline"` }
  const door: Door = basic ? 'clickhouse' : 'api'
  return async (c, next) => {
    if (known.length === 0) return next()
    const address = addressOf(c)
    const given = bearerOf(c) ?? (basic ? passwordOf(c) : null)
    if (given === null) {
      refused({ door, address, reason: 'missing' })
      throw new Problem('unauthenticated', `Send "Authorization: Bearer <token>" with a token of scope ${scope}`, {
        headers,
      })
    }
    const digest = digestOf(given)
    const token = known.find((candidate) => timingSafeEqual(candidate.digest, digest))
    if (!token) {
      if (refused({ door, address, reason: 'unknown' })) throw tooManyTokens()
      throw new Problem('unauthenticated', 'This token is not known here', { headers })
    }
    if (!token.scopes.includes(scope)) {
      refused({ door, address, reason: 'scope', token: token.name })
      throw new Problem(
        'forbidden',
        `The token ${token.name} lacks the scope ${scope}; it has ${token.scopes.join(', ')}`,
      )
    }
    c.set('caller', token.name)
    return next()
  }
}

const tooManyTokens = () =>
  new Problem('too-many-requests', 'Too many unknown tokens came from this address; send a known one', {
    headers: { 'retry-after': '60' },
  })

/** Of the peer. A request made by hand, without a connection, has none. */
const addressOf = (c: Context): string =>
  (c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming?.socket?.remoteAddress ??
  'unknown'

/** Compared as digests, so that neither content nor length shows in the time it takes. */
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

const bearerOf = (c: Context): string | null => credentialOf(c, /^bearer +(\S+)$/i)

function passwordOf(c: Context): string | null {
  const encoded = credentialOf(c, /^basic +(\S+)$/i)
  if (encoded === null) return c.req.header('x-clickhouse-key') || null
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1) || null
}

const credentialOf = (c: Context, form: RegExp): string | null =>
  form.exec(c.req.header('authorization')?.trim() ?? '')?.[1] ?? null

/**
 * Refuses requests for another host while bound to loopback: a page of a foreign site that points its own name
 * at 127.0.0.1 (DNS rebinding) sends that name. `publicUrl` and `hostNames` may add some, for a proxy on the same machine.
 */
export function requireOwnHost(config: NamedConfig): MiddlewareHandler {
  const names = ownNames(config)
  return async (c, next) => {
    if (names.isHost(hostOf(c))) return next()
    throw new Problem(
      'wrong-host',
      `Plumbline listens on ${config.bind} only and does not answer for this host name; use http://localhost, or set publicUrl or hostNames`,
    )
  }
}

type NamedConfig = Pick<Config, 'bind' | 'publicUrl'> & Partial<Pick<Config, 'hostNames'>>

const hostOf = (c: Context): string => c.req.header('host') ?? new URL(c.req.url).host

/**
 * Refuses what a page of another site makes a browser send: it could not read the answer, but it could make work.
 * Following a link is fine. Where a browser leaves Sec-Fetch-Site out, as on plain http, it sends Origin with all but GET.
 * Source: Fetch Metadata Request Headers (W3C); Fetch, 3.2 (Origin).
 */
export function refuseForeignPages(config: NamedConfig): MiddlewareHandler {
  const names = ownNames(config)
  return async (c, next) => {
    const isForeign = c.req.header('sec-fetch-site') === 'cross-site'
    if (isForeign && c.req.header('sec-fetch-mode') !== 'navigate')
      throw new Problem('forbidden', 'Pages of other sites may not ask here; ask from your own server')
    const site = c.req.header('sec-fetch-site')
    if (isWriting(c) && site !== undefined && site !== 'same-origin' && site !== 'none')
      throw new Problem(
        'forbidden',
        'Only pages of Plumbline itself may change something; send it from your own server',
      )
    const origin = c.req.header('origin')
    if (!READING_METHODS.has(c.req.method) && origin !== undefined && !names.isOrigin(origin, hostOf(c)))
      throw new Problem('forbidden', 'Pages of other sites may not ask here; ask from your own server')
    return next()
  }
}
