import { runDemo } from './demo/demo.ts'
import { demoConfig } from './demo/demo-config.ts'
import { runUntilSignal } from './start.ts'

/** `plumbline demo`: Plumbline on a store of its own, then the shop and its script until Ctrl-C. */
export async function runDemoCommand(options: { json?: boolean }): Promise<void> {
  await runUntilSignal({ ...options, overrides: demoConfig() }, async ({ otlpHttp, api }, log, signal) => {
    if (otlpHttp && api) await runDemo({ otlpHttp, api, log, signal })
  })
}
