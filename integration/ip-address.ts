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
