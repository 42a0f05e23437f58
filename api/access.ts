import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { isLoopback } from '../runtime/config.ts'
import type { Config } from '../runtime/config-schema.ts'
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
export function requireTokenForMethod(tokens: readonly Token[]): MiddlewareHandler {
  const read = requireToken(tokens, 'read')
  const write = requireToken(tokens, 'write')
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
  { basic = false } = {},
): MiddlewareHandler {
  const known = tokens.map((token) => ({ ...token, digest: digestOf(token.token) }))
  const headers = { 'www-authenticate': `${basic ? 'Basic' : 'Bearer'} realm="plumbline"` }
  return async (c, next) => {
    if (known.length === 0) return next()
    const given = bearerOf(c) ?? (basic ? passwordOf(c) : null)
    if (given === null)
      throw new Problem('unauthenticated', `Send "Authorization: Bearer <token>" with a token of scope ${scope}`, {
        headers,
      })
    const digest = digestOf(given)
    const token = known.find((candidate) => timingSafeEqual(candidate.digest, digest))
    if (!token) throw new Problem('unauthenticated', 'This token is not known here', { headers })
    if (!token.scopes.includes(scope))
      throw new Problem(
        'forbidden',
        `The token ${token.name} lacks the scope ${scope}; it has ${token.scopes.join(', ')}`,
      )
    c.set('caller', token.name)
    return next()
  }
}

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
 * at 127.0.0.1 (DNS rebinding) sends that name. `publicUrl` may add one host, for a proxy on the same machine.
 */
export function requireOwnHost({ bind, publicUrl }: Pick<Config, 'bind' | 'publicUrl'>): MiddlewareHandler {
  const publicHost = publicUrl === undefined ? null : new URL(publicUrl).hostname
  return async (c, next) => {
    if (!isLoopback(bind)) return next()
    const host = hostnameOf(c.req.header('host') ?? new URL(c.req.url).host)
    if (host !== null && (isLoopback(host) || host.endsWith('.localhost') || host === publicHost)) return next()
    throw new Problem(
      'wrong-host',
      `Plumbline listens on ${bind} only and does not answer for this host name; use http://localhost or set publicUrl`,
    )
  }
}

/**
 * Refuses what a page of another site makes a browser send: it could not read the answer, but it could make work.
 * Following a link is fine. Source: Fetch Metadata Request Headers (W3C).
 */
export const refuseForeignPages: MiddlewareHandler = async (c, next) => {
  const isForeign = c.req.header('sec-fetch-site') === 'cross-site'
  if (isForeign && c.req.header('sec-fetch-mode') !== 'navigate')
    throw new Problem('forbidden', 'Pages of other sites may not ask here; ask from your own server')
  const site = c.req.header('sec-fetch-site')
  if (isWriting(c) && site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Problem('forbidden', 'Only pages of Plumbline itself may change something; send it from your own server')
  return next()
}

/** `[::1]:8080` → `::1`; null for what is no host. */
function hostnameOf(host: string): string | null {
  if (!URL.canParse(`http://${host}`)) return null
  return new URL(`http://${host}`).hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
}
