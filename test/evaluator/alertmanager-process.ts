import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { stringify } from 'yaml'

/** Debian's package `prometheus-alertmanager`. */
const COMMAND = '/usr/bin/prometheus-alertmanager'
const AMTOOL = '/usr/bin/amtool'

/** Why the tests with a real Alertmanager are left out; null where they run. In CI they always run. */
export const MISSING_ALERTMANAGER =
  process.env.CI || (existsSync(COMMAND) && existsSync(AMTOOL))
    ? null
    : 'no Alertmanager is installed (Debian: apt-get install prometheus-alertmanager): not tested with a real one'

const START_MS = 60_000

/** An Alertmanager on loopback that sends what it hears on to a webhook. */
export async function startAlertmanager(webhookUrl: string) {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-am-'))
  const config = join(dir, 'alertmanager.yml')
  writeFileSync(
    config,
    stringify({
      route: { receiver: 'hook', group_by: ['root_cause', 'env'], group_wait: '0s', group_interval: '1s' },
      receivers: [{ name: 'hook', webhook_configs: [{ url: webhookUrl }] }],
    }),
  )
  const args = [
    `--config.file=${config}`,
    `--storage.path=${join(dir, 'data')}`,
    // It takes a free port by itself, and logs which.
    '--web.listen-address=127.0.0.1:0',
  ]
  const child = spawn(COMMAND, [...args, '--cluster.listen-address='], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => (said += chunk))
  const ended = once(child, 'exit')
  let url = ''
  for (const deadline = Date.now() + START_MS; ; await sleep(50)) {
    const [, address] = /msg="Listening on" address=(127\.0\.0\.1:\d+)/.exec(said) ?? []
    url = `http://${address}`
    const ready = address === undefined ? null : await fetch(`${url}/-/ready`).catch(() => null)
    if (ready?.ok) break
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`Alertmanager does not start: ${said}`)
    }
  }
  return {
    url,
    /** What amtool shows: alerts that are active and not silenced. */
    async alerts(): Promise<
      { labels: Record<string, string>; annotations: Record<string, string>; fingerprint: string }[]
    > {
      const args = ['alert', 'query', `--alertmanager.url=${url}`, '--output=json']
      const { stdout } = await promisify(execFile)(AMTOOL, args)
      return JSON.parse(stdout)
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
