#!/usr/bin/env node
// Plain JavaScript that every Node understands: finds a Node new enough to run the TypeScript sources directly.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const REQUIRED_MAJOR = 24
const major = Number.parseInt(process.versions.node, 10)

if (major >= REQUIRED_MAJOR) {
  await import('./main.ts')
} else {
  const bundled = fileURLToPath(
    new URL(`../node_modules/node-${process.platform}-${process.arch}/bin/node`, import.meta.url),
  )
  if (!existsSync(bundled)) {
    console.error(
      `Plumbline needs Node ${REQUIRED_MAJOR} or newer; this is Node ${process.versions.node}, and there is no bundled Node for ` +
        `${process.platform}-${process.arch}. Install Node ${REQUIRED_MAJOR} (https://nodejs.org) and run the command again.`,
    )
    process.exit(2)
  }
  const child = spawn(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  // Whoever stops this process means Plumbline. Ctrl-C reaches both anyway: the child decides what it means.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.on('SIGINT', () => {})
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
}
