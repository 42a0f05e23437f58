import { createHash, timingSafeEqual } from 'node:crypto'
import type { Config } from '../../runtime/config-schema.ts'
import { forbidden, unauthenticated } from './problem.ts'

export type Scope = Config['tokens'][number]['scopes'][number]

/** Throws 401 or 403 unless the Authorization header carries a token with the scope. Without tokens everybody may. */
export type Access = (authorization: string | undefined, scope: Scope) => void

export function createAccess(tokens: Config['tokens']): Access {
  if (tokens.length === 0) return () => {}
  const known = tokens.map(({ token, scopes }) => ({ hash: hashOf(token), scopes }))
  return (authorization, scope) => {
    const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
    if (given === undefined) throw unauthenticated()
    const hash = hashOf(given)
    // Every token is compared, in constant time, so that the duration tells nothing.
    const matches = known.filter((token) => timingSafeEqual(token.hash, hash))
    if (matches.length === 0) throw unauthenticated()
    if (!matches.some(({ scopes }) => scopes.includes(scope))) throw forbidden(scope)
  }
}

const hashOf = (token: string) => createHash('sha256').update(token).digest()
