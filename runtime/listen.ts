import type { Server } from 'node:http'
import type { AddressInfo, Server as SocketServer } from 'node:net'
import { environmentName } from './config.ts'

/**
 * Listens and resolves to the base URL, with the port really taken.
 * @param key of `ports` that says which port: named in the error when it cannot be had
 */
export function listen(server: SocketServer, host: string, port: number, key: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new Error(portMessage(cause, host, port, key), { cause })),
    )
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve(`http://${reachable(host)}:${(server.address() as AddressInfo).port}`)
    })
  })
}

function portMessage({ code, message }: NodeJS.ErrnoException, host: string, port: number, key: string): string {
  const setting = `ports.${key} (${environmentName(['ports', key])})`
  if (code === 'EADDRINUSE') {
    return `port ${port} on ${host} is taken: stop what uses it, or set ${setting} to another port, 0 for any free one`
  }
  if (code === 'EACCES') return `port ${port} needs more rights: set ${setting} to a port above 1023`
  return `cannot listen on ${host}:${port}: ${message}; see ${setting} and bind`
}

/** An address that a client on this machine can use. */
const reachable = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/** Refuses new connections, lets requests in work finish within the deadline, closes idle ones at once. */
export function close(server: Server, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), deadlineMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}
