import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { EngineError } from './engine-errors.ts'

/** Who asks the embedded engine; each has a password and lanes of its own. `tools` are programs of this machine. */
export const ACCOUNTS = ['evaluator', 'collector', 'api', 'guests', 'tools'] as const
export type Account = (typeof ACCOUNTS)[number]

/** The password of an account: made from the secret of one start, so that a holder of one password knows no other. */
export const passwordOf = (secret: string, account: Account): string =>
  createHmac('sha256', secret).update(account).digest('base64url')

/** The headers that ClickHouse's HTTP interface takes a user and a password from. */
export const credentialHeaders = (username: string, password: string): Record<string, string> => ({
  'X-ClickHouse-User': username,
  'X-ClickHouse-Key': password,
})

export type FindAccount = (headers: IncomingHttpHeaders, params: URLSearchParams) => Account

export interface Doors {
  /** What passwords are made from; null = no passwords, only user names: for tests and benchmarks. */
  secret: string | null
  /** A caller that names no password is a tool of this machine, as everyone is to an API without tokens. */
  openToTools: boolean
}

/** Finds the account of a caller by user and password; the returned function throws code 516 for a caller without the right one. */
export function accountFinder({ secret, openToTools }: Doors): FindAccount {
  const digests = new Map(ACCOUNTS.map((account) => [account, secret === null ? null : passwordOf(secret, account)]))
  return (headers, params) => {
    const { user, password } = credentialsOf(headers, params)
    const account = ACCOUNTS.find((name) => name === user)
    if (secret === null) return account ?? 'evaluator'
    const expected = account && digests.get(account)
    if (account && expected && isSame(expected, password)) return account
    if (openToTools && password === '') return 'tools'
    const text = `${user}: Authentication failed: this port is for Plumbline and for tools that know its password. Readers use /clickhouse of the API; "plumbline start --json" prints the headers that tools of this machine send`
    throw new EngineError(516, 'AUTHENTICATION_FAILED', text)
  }
}

/** As digests, so that neither content nor length shows in the time it takes. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digestOf(a), digestOf(b))

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

function credentialsOf(headers: IncomingHttpHeaders, params: URLSearchParams): { user: string; password: string } {
  const basic = /^basic +(\S+)$/i.exec(headers.authorization?.trim() ?? '')?.[1]
  if (basic !== undefined) {
    const [user = '', ...password] = Buffer.from(basic, 'base64').toString('utf8').split(':')
    return { user, password: password.join(':') }
  }
  const user = headers['x-clickhouse-user'] ?? params.get('user')
  const password = headers['x-clickhouse-key'] ?? params.get('password')
  return { user: String(user ?? 'default'), password: String(password ?? '') }
}
