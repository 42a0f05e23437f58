import { makeDataDir } from './data-dir.ts'
import { runDemo } from './demo/demo.ts'
import { DEMO_SECRET, demoConfig } from './demo/demo-config.ts'
import { freshStore } from './demo/fresh-store.ts'
import { startReceiver } from './demo/receiver.ts'
import { runUntilSignal } from './start.ts'

const DATA_DIR = './data/demo'

/** `plumbline demo`: Plumbline on a new store of its own, then the shop and its script until Ctrl-C. */
export async function runDemoCommand(options: { json?: boolean }): Promise<void> {
  const dataDir = process.env.PLUMBLINE_DATA_DIR ?? DATA_DIR
  try {
    makeDataDir(dataDir)
    await freshStore(dataDir)
  } catch (error) {
    console.error(`plumbline: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
  const next = 'The demo begins: two hours of history first, then a shop whose third parties misbehave on a script.'
  const receiver = await startReceiver(DEMO_SECRET, (lines) => console.log(lines.join('\n')))
  const overrides = { ...demoConfig(receiver.url), dataDir }
  await runUntilSignal({ ...options, overrides, next }, async ({ otlpHttp, api }, log, signal) => {
    if (otlpHttp && api) await runDemo({ otlpHttp, api, log, signal })
    await receiver.stop()
  })
}
