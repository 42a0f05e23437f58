import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { configSchema } from '../../runtime/config-schema.ts'

const REPOSITORY = new URL('../../', import.meta.url)
const dockerfile = readFileSync(new URL('deploy/Dockerfile', REPOSITORY), 'utf8')
const stages = dockerfile.split(/^FROM /m).slice(1)
const last = stages.at(-1)!
const { ports } = configSchema.parse({})

test('builds and runs on the Node that the sources need, on Debian', () => {
  expect(stages.map((stage) => stage.split(/\s/)[0])).toEqual(['node:24-bookworm-slim', 'node:24-bookworm-slim'])
})

test('does not run as root', () => {
  expect(/^USER (.+)$/m.exec(last)?.[1]).toBe('node')
})

test('the ports and the health check are those of the configuration', () => {
  expect(/^EXPOSE (.+)$/m.exec(last)?.[1]).toBe(`${ports.otlpGrpc} ${ports.otlpHttp} ${ports.api}`)
  expect(last).toContain(`"http://127.0.0.1:${ports.api}/healthz"`)
})

test('every file it names is in the repository and not kept out of the build', () => {
  const ignored = readFileSync(new URL('deploy/Dockerfile.dockerignore', REPOSITORY), 'utf8').split('\n')
  const named = [...last.matchAll(/"((?:cli|deploy)\/[\w.-]+)"/g)].map(([, path]) => path!)
  expect(named).toEqual(['deploy/healthcheck.js', 'cli/plumbline.js'])
  for (const path of named) {
    expect(existsSync(new URL(path, REPOSITORY)), path).toBe(true)
    expect(ignored.filter((line) => line !== '' && path.startsWith(line))).toEqual([])
  }
})

test('secrets and stores of the machine stay out of the image', () => {
  const ignored = readFileSync(new URL('deploy/Dockerfile.dockerignore', REPOSITORY), 'utf8').split('\n')
  expect(ignored).toEqual(expect.arrayContaining(['.git', 'data', '**/.env', '**/node_modules']))
})

async function healthcheck(url: string): Promise<number | null> {
  const script = fileURLToPath(new URL('deploy/healthcheck.js', REPOSITORY))
  const [code] = (await once(spawn(process.execPath, [script, url]), 'exit')) as [number | null]
  return code
}

test.each([
  [200, 0],
  [503, 1],
])('the health check of a server that answers %i exits with %i', async (status, code) => {
  const server = createServer((_request, response) => response.writeHead(status).end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect(await healthcheck(`http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`)).toBe(code)
  server.close()
})

test('the health check of a server that is not there exits with 1', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  expect(await healthcheck(`http://127.0.0.1:${port}/healthz`)).toBe(1)
})
