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
  // Azure's own services for a machine, its metadata among them; the address looks public and is not.
  '168.63.129.16/32',
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

/**
 * All of IPv6 that the public internet uses: global unicast, and IPv4 in its mapped form and behind NAT64, of which the
 * IPv4 address decides. Source: https://www.iana.org/assignments/ipv6-address-space
 */
const GLOBAL_IPV6 = rangesOf(['2000::/3', '::ffff:0:0/96', '64:ff9b::/96'])

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
      if (isAllowed(allowed, address)) continue
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

/** Also in disguise: IPv4 addresses inside IPv6 ones. */
export function isReserved(address: string): boolean {
  if (isIP(address) === 4) return RESERVED_RANGES.check(address, 'ipv4')
  const bare = withoutZone(address)
  if (RESERVED_RANGES.check(bare, 'ipv6') || !GLOBAL_IPV6.check(bare, 'ipv6')) return true
  return embeddedIpv4(bare).some((embedded) => RESERVED_RANGES.check(embedded, 'ipv4'))
}

function isAllowed(ranges: BlockList, address: string): boolean {
  if (isIP(address) === 4) return ranges.check(address, 'ipv4')
  const bare = withoutZone(address)
  const embedded = embeddedIpv4(bare)
  return ranges.check(bare, 'ipv6') || (embedded.length > 0 && embedded.every((one) => ranges.check(one, 'ipv4')))
}

/** Prefixes of 96 bits before an IPv4 address: mapped, compatible, translated, behind NAT64 (also of a local network). */
const BEFORE_IPV4 = new Set(['0:0:0:0:0:ffff', '0:0:0:0:0:0', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0', '64:ff9b:1:0:0:0'])

/** The IPv4 addresses inside an IPv6 one: behind those prefixes, of 6to4 (2002::/16), of ISATAP (…:5efe:a.b.c.d). */
function embeddedIpv4(address: string): string[] {
  const groups = groupsOf(address)
  const at = (high: number) => dotted(groups[high] ?? 0, groups[high + 1] ?? 0)
  const prefix = groups.slice(0, 6).map((group) => group.toString(16))
  const isIsatap = groups[5] === 0x5efe && (groups[4] === 0 || groups[4] === 0x200)
  return [...(groups[0] === 0x2002 ? [at(1)] : []), ...(isIsatap || BEFORE_IPV4.has(prefix.join(':')) ? [at(6)] : [])]
}

const withoutZone = (address: string): string => address.replace(/%.*$/, '')

const dotted = (high: number, low: number) => [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')

/** The eight 16-bit groups of an IPv6 address, which the URL parser writes in one canonical way. */
function groupsOf(address: string): number[] {
  const canonical = new URL(`http://[${withoutZone(address)}]`).hostname.slice(1, -1)
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
