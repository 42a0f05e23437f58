const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/
const IPV6_GROUP = /^[0-9a-f]{1,4}$/i

export const isIpv4 = (text: string): boolean => IPV4.test(text)

/** RFC 4291 text form, compressed or not, with an IPv4 tail or a zone (`%eth0`) allowed; no brackets. */
export function isIpv6(text: string): boolean {
  if (text.length > 100 || !text.includes(':')) return false
  const [address = ''] = text.split('%')
  const halves = address.split('::')
  if (halves.length > 2) return false
  let groups = 0
  for (const half of halves) {
    if (half === '') continue
    const parts = half.split(':')
    for (const [index, part] of parts.entries()) {
      const tail = index === parts.length - 1 && half === halves.at(-1) && isIpv4(part)
      if (!tail && !IPV6_GROUP.test(part)) return false
      groups += tail ? 2 : 1
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8
}

/** One spelling of an address: IPv4 where IPv6 only maps it, else IPv6 in lower case, shortest form, without zone (RFC 5952). */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address
  const [bare = ''] = address.split('%')
  const groups = groupsOf(bare)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.')
  return shortest(groups)
}

/** The eight numbers of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const start = numbersOf(head)
  if (tail === undefined) return start
  const end = numbersOf(tail)
  return [...start, ...new Array<number>(8 - start.length - end.length).fill(0), ...end]
}

const numbersOf = (half: string): number[] =>
  half === ''
    ? []
    : half.split(':').flatMap((part) => {
        if (!part.includes('.')) return [Number.parseInt(part, 16)]
        const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
        return [a * 256 + b, c * 256 + d]
      })

/** The longest run of zeros, the first of equal ones, is left out. */
function shortest(groups: readonly number[]): string {
  let best = { at: 0, length: 1 }
  for (let at = 0; at < groups.length; at++) {
    let length = 0
    while (groups[at + length] === 0) length++
    if (length > best.length) best = { at, length }
  }
  const hex = groups.map((group) => group.toString(16))
  if (best.length < 2) return hex.join(':')
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`
}

/** Source: RFC 1918, RFC 6598 (used for pods by EKS, GKE and AKS), RFC 3927, RFC 2544. */
const INTERNAL_IPV4 =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|198\.1[89]\.)/
/** Where clouds keep instance metadata and task roles: one thing each, though at a link-local address. */
const METADATA: ReadonlySet<string> = new Set(['169.254.169.254', '169.254.170.2', '169.254.170.23', 'fd00:ec2::254'])

/**
 * An address (in the spelling of `plainAddress`) that is one of many behind one name, and changes: of a pod or a node.
 * Public IPv4 addresses and loopback are what a person configured.
 */
export function isPodAddress(address: string): boolean {
  if (METADATA.has(address)) return false
  return address.includes(':') ? address !== '::1' && address !== '::' : INTERNAL_IPV4.test(address)
}
