/** Finds the benchmarks beside it by the comments at their top: lists them, or runs the one that is named. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = import.meta.dirname
const [wanted, ...rest] = process.argv.slice(2)
/** By name: what it measures and takes, as the comment at its top says. */
const benches = new Map<string, string>()
for (const file of readdirSync(folder)) {
  const comment = /^\/\*\*(.*?)\*\//s.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? ''
  const text = comment.replace(/\s*\n \*\s*/g, ' ').trim()
  if (/node test\/bench\/|npm run bench -- \w/.test(text)) benches.set(file.replace(/\.ts$/, ''), text)
}
if (wanted !== undefined && benches.has(wanted)) {
  const bench = spawn(process.execPath, [join(folder, `${wanted}.ts`), ...rest], { stdio: 'inherit' })
  const [code] = (await once(bench, 'exit')) as [number | null]
  process.exitCode = code ?? 1
} else {
  for (const [name, text] of benches) console.log(`${name}\n  ${text}\n`)
  if (wanted !== undefined) console.error(`there is no benchmark '${wanted}'`)
  process.exitCode = wanted === undefined ? 0 : 2
}
