import { createHash, timingSafeEqual } from 'node:crypto'
import type { Config } from '../../runtime/config-schema.ts'
import type { Door, RefusedAccess } from '../../runtime/refused-access.ts'
import { forbidden, tooManyTokens, unauthenticated } from './problem.ts'

export type Scope = Config['tokens'][number]['scopes'][number]

/** Who asks, and where. */
export interface Caller {
  authorization: string | undefined
  door: Door
  /** Of the peer. */
  address: string | undefined
}

/** Throws 401, 403 or 429 unless the Authorization header carries a token with the scope. Without tokens everybody may. */
export type Access = (caller: Caller, scope: Scope) => void

export function createAccess(tokens: Config['tokens'], refused: RefusedAccess): Access {
  if (tokens.length === 0) return () => {}
  const known = tokens.map(({ name, token, scopes }) => ({ name, hash: hashOf(token), scopes }))
  return ({ authorization, door, address = 'unknown' }, scope) => {
    const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
    if (given === undefined) {
      refused({ door, address, reason: 'missing' })
      throw unauthenticated()
    }
    const hash = hashOf(given)
    // Every token is compared, in constant time, so that the duration tells nothing.
    const matches = known.filter((token) => timingSafeEqual(token.hash, hash))
    const [first] = matches
    if (first === undefined) {
      throw refused({ door, address, reason: 'unknown' }) ? tooManyTokens() : unauthenticated()
    }
    if (matches.some(({ scopes }) => scopes.includes(scope))) return
    refused({ door, address, reason: 'scope', token: first.name })
    throw forbidden(scope)
  }
}

const hashOf = (token: string) => createHash('sha256').update(token).digest()
