import { isLoopback } from './config.ts'

/** Host names under which this process is asked, and pages that are its own. */
export interface OwnNames {
  /** Whether a Host header names this process; any does while others may reach it: then tokens guard it. */
  isHost(host: string | undefined): boolean
  /** Whether an Origin header is that of a page this process serves at `host`. */
  isOrigin(origin: string, host: string | undefined): boolean
}

/**
 * While bound to loopback only loopback's names count, and those configured: a page of a foreign site that points its own name
 * at 127.0.0.1 (DNS rebinding) sends that name as Host. Any other name is a stranger's.
 */
export function ownNames({ bind, publicUrl, hostNames = [] }: NamesConfig): OwnNames {
  const named = new Set(hostNames.map((name) => name.toLowerCase()))
  const published = publicUrl === undefined ? null : new URL(publicUrl)
  if (published !== null) named.add(published.hostname)
  const isLocal = isLoopback(bind)
  const isOwn = (name: string) => isLoopback(name) || name.endsWith('.localhost') || named.has(name)
  const isHost = (host: string | undefined) => {
    if (!isLocal || host === undefined) return true
    const name = hostnameOf(host)
    return name !== null && isOwn(name)
  }
  return {
    isHost,
    isOrigin(origin, host) {
      if (!URL.canParse(origin)) return false
      const page = new URL(origin)
      if (page.origin === published?.origin) return true
      const asked = host === undefined ? null : addressOf(page.protocol, host)
      if (asked === null || !isHost(host)) return false
      // `localhost` and `127.0.0.1` are one place.
      return (
        page.host === asked.host || (isLoopback(nameOf(page)) && isLoopback(nameOf(asked)) && page.port === asked.port)
      )
    },
  }
}

interface NamesConfig {
  bind: string
  publicUrl?: string | undefined
  hostNames?: readonly string[] | undefined
}

const addressOf = (protocol: string, host: string): URL | null =>
  URL.canParse(`${protocol}//${host}`) ? new URL(`${protocol}//${host}`) : null

/** `[::1]:8080` → `::1`; null for what is no host. */
function hostnameOf(host: string): string | null {
  const address = addressOf('http:', host)
  return address === null || address.pathname !== '/' || address.username !== '' ? null : nameOf(address)
}

const nameOf = ({ hostname }: URL): string =>
  hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
