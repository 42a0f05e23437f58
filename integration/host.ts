import { HOST_SOURCES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, first, read } from './attributes.ts'
import { boundedMemo } from './bounded-memo.ts'
import { isIpv4, isIpv6 } from './ip-address.ts'

export const HOST_MAX_CHARS = 200

export interface Host {
  /** Lower case, without user info, brackets, trailing dot; port kept only where `isName` cannot tell hosts apart. */
  text: string
  /** Not an IP literal. */
  isName: boolean
}

const NO_HOST: Host = { text: '', isName: false }

/** Well-known ports say nothing about which host it is. */
const USUAL_PORTS: ReadonlySet<string> = new Set(['80', '443'])

/** The other side's host, from the best attribute that has one; `text` is '' when none has. */
export function hostOf(attributes: Attributes): Host {
  for (const { address, ports } of HOST_SOURCES) {
    const value = first(attributes.get(address) ?? '')
    if (value === '') continue
    const { host, port, isIp } = parseAuthority(authorityOf(value, address))
    if (host === '') continue
    if (!isIp && host !== 'localhost') return { text: host, isName: true }
    return { text: withPort(host, port || validPort(read(attributes, ports))), isName: !isIp }
  }
  return NO_HOST
}

function withPort(host: string, port: string): string {
  if (port === '' || USUAL_PORTS.has(port)) return host
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

const validPort = (port: string): string =>
  /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65_535 ? port : ''

/** URLs are as many as requests, so only their authority is worth remembering. */
function authorityOf(value: string, attribute: string): string {
  if (attribute !== 'url.full' && attribute !== 'http.url') return cut(value, 1000)
  const start = value.indexOf('://')
  if (start < 0) return ''
  return cut(value, 4096)
    .slice(start + 3)
    .split(/[/?#]/, 1)[0]!
}

const SCHEME_URL = /^[a-z][a-z0-9+.-]*:\/\/([^/]*)\/?(.*)$/i
/** gRPC name resolution without `//`. Source: https://github.com/grpc/grpc/blob/master/doc/naming.md. */
const RESOLVER = /^(?:dns|ipv4|ipv6|xds|passthrough|unix|unix-abstract|vsock):(?!\d+$)(.+)$/i

interface Authority {
  host: string
  /** '' when not stated. */
  port: string
  isIp: boolean
}

/** `user@Pay.Example.:8443` → `pay.example`, `8443`; `dns:///pay.svc:50051` → `pay.svc`, `50051`. */
const parseAuthority: (text: string) => Authority = boundedMemo((text) => {
  const [endpoint = ''] = endpointOf(text.trim()).split(',', 1)
  const plain = endpoint.slice(endpoint.lastIndexOf('@') + 1)
  const bracketed = /^\[([^\]]*)\](?::(\d+))?/.exec(plain)
  if (bracketed !== null) return authority(bracketed[1] ?? '', bracketed[2] ?? '')
  if (isIpv6(plain)) return authority(plain, '')
  const colon = plain.lastIndexOf(':')
  const port = colon < 0 ? '' : validPort(plain.slice(colon + 1))
  return authority(port === '' && !plain.endsWith(':') ? plain : plain.slice(0, colon), port)
})

function authority(text: string, port: string): Authority {
  const host = cut(text.toLowerCase().replace(/\.$/, ''), HOST_MAX_CHARS)
  return { host, port: validPort(port), isIp: isIpv4(host) || isIpv6(host) }
}

/** `dns://8.8.8.8/pay.svc:50051` → `pay.svc:50051`; `https://pay.example/v1` → `pay.example`. */
function endpointOf(text: string): string {
  const url = SCHEME_URL.exec(text)
  if (url !== null) {
    const isWeb = /^(?:https?|wss?):/i.test(text)
    return isWeb || url[2] === '' ? (url[1] ?? '') : (url[2] ?? '')
  }
  return RESOLVER.exec(text)?.[1] ?? text
}
