import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

/** Where messages may go: CIDR ranges beyond the public internet, and whether plain http is good enough. */
export interface EgressPolicy {
  allow: readonly string[]
  insecureHttp: boolean
  /** Ports of public addresses beside the standard ones. */
  ports?: readonly number[]
}

/** An address that may be connected to, without another look-up. */
export interface EgressAddress {
  address: string
  family: 4 | 6
}

/** An address a URL may be fetched from; the connection must go to it. */
export interface EgressTarget extends EgressAddress {
  url: URL
}

/** A URL this installation must not fetch. `permanent`: no later attempt can end differently. */
export class EgressRefusedError extends Error {
  override readonly name = 'EgressRefusedError'
  readonly permanent: boolean
  constructor(message: string, permanent: boolean) {
    super(message)
    this.permanent = permanent
  }
}

type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>

/**
 * Not the public internet. Source: IANA special-purpose address registries,
 * https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const RESERVED = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
] as const

const RESERVED_RANGES = rangesOf(RESERVED)

const WEB_PORTS = [80, 443]
const MAIL_PORTS = [25, 465, 587]

/**
 * A guard for outgoing requests: resolves a URL's host once, refuses what the policy does not allow, and answers with
 * the address to connect to. Rejects with EgressRefusedError, or with the resolver's own error.
 */
export function egressGuard(policy: EgressPolicy, resolve?: Resolve) {
  const addressOf = addressGuard(policy, WEB_PORTS, resolve)
  return async (text: string): Promise<EgressTarget> => {
    const url = parse(text)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw new EgressRefusedError(`${url.protocol} is not allowed: use https`, true)
    }
    if (url.username !== '' || url.password !== '') {
      throw new EgressRefusedError('a user name or password in the URL is not allowed: use the secret', true)
    }
    if (url.protocol === 'http:' && !policy.insecureHttp) {
      throw new EgressRefusedError('plain http is not allowed: use https, or set egress.insecureHttp', true)
    }
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
    return { url, ...(await addressOf(url.hostname.replace(/^\[|\]$/g, ''), port)) }
  }
}

/** The same for a mail server. */
export const mailGuard = (policy: EgressPolicy, resolve?: Resolve) => addressGuard(policy, MAIL_PORTS, resolve)

function addressGuard(
  policy: EgressPolicy,
  standardPorts: readonly number[],
  resolve: Resolve = (host) => lookup(host, { all: true }),
) {
  const allowed = rangesOf(policy.allow)
  const ports = new Set([...standardPorts, ...(policy.ports ?? [])])
  return async (host: string, port: number): Promise<EgressAddress> => {
    const literal = isIP(host)
    const addresses = literal ? [{ address: host, family: literal }] : await resolve(host)
    for (const { address } of addresses) {
      if (contains(allowed, address)) continue
      if (isReserved(address)) {
        throw new EgressRefusedError(
          `${literal ? host : `${host} is ${address}, which`} is not on the public internet: add its range to egress.allow if it is meant`,
          literal !== 0,
        )
      }
      if (!ports.has(port)) {
        throw new EgressRefusedError(
          `port ${port} of ${host} is not allowed: add it to egress.ports if it is meant`,
          true,
        )
      }
    }
    const first = addresses[0]
    if (!first) throw new EgressRefusedError(`${host} has no address`, false)
    return { address: first.address, family: first.family === 6 ? 6 : 4 }
  }
}

/** Also in disguise: IPv4 addresses mapped into IPv6, or behind NAT64 and 6to4 prefixes. */
export const isReserved = (address: string): boolean => contains(RESERVED_RANGES, address)

function contains(ranges: BlockList, address: string): boolean {
  if (isIP(address) === 4) return ranges.check(address, 'ipv4')
  const embedded = embeddedIpv4(address)
  return ranges.check(address, 'ipv6') || (embedded !== null && ranges.check(embedded, 'ipv4'))
}

/** The IPv4 address inside ::ffff:0:0/96 (and its deprecated kin ::/96), 64:ff9b::/96 and 2002::/16; null elsewhere. */
function embeddedIpv4(address: string): string | null {
  const groups = groupsOf(address)
  const prefix = groups.slice(0, 6).join(':')
  const at = (high: number) => dotted(groups[high] ?? 0, groups[high + 1] ?? 0)
  if (groups[0] === 0x2002) return at(1)
  return ['0:0:0:0:0:65535', '0:0:0:0:0:0', `${0x64}:${0xff9b}:0:0:0:0`].includes(prefix) ? at(6) : null
}

const dotted = (high: number, low: number) => [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')

/** The eight 16-bit groups of an IPv6 address, which the URL parser writes in one canonical way. */
function groupsOf(address: string): number[] {
  const canonical = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const numbers = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
  const [left, right] = [numbers(head), numbers(tail ?? '')]
  return tail === undefined ? left : [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}

function rangesOf(cidrs: readonly string[]): BlockList {
  const ranges = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/')
    const family = isIP(address)
    if (family === 0) throw new Error(`egress.allow: ${cidr} is no address range; write it like 10.20.0.0/16`)
    const prefix = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits)
    ranges.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  }
  return ranges
}

function parse(text: string): URL {
  try {
    return new URL(text)
  } catch (cause) {
    throw new EgressRefusedError(`not a URL: ${(cause as Error).message}`, true)
  }
}
