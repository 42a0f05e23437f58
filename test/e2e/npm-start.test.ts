import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventually, workplace } from './plumbline.ts'

const PROJECT = join(import.meta.dirname, '../..')

test('npm start that is ended by a signal to npm alone leaves nothing running', { timeout: 120_000 }, async () => {
  using place = workplace({})
  const npm = spawn('npm', ['start'], {
    cwd: PROJECT,
    env: { ...process.env, PLUMBLINE_CONFIG: place.configPath },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  npm.stdout.on('data', (text) => (said += text))
  const api = await eventually('it is ready', () => /Open +(http:\S+)/.exec(said)?.[1])
  expect((await fetch(`${api}/healthz`)).status).toBe(200)
  npm.kill('SIGTERM')
  await once(npm, 'exit')
  await eventually('nothing answers any more', () =>
    fetch(`${api}/healthz`).then(
      () => false,
      () => true,
    ),
  )
})
