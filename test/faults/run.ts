/** `npm run test:faults [-- rounds=N seed=S fault=…]`: many rounds of random faults; exit code 1 when anything was lost or doubled. */
import { anySeed } from '../support/random.ts'
import { FAULT_NAMES } from './faults.ts'
import { runRounds } from './rounds.ts'

const ROUNDS = 22
const KEYS = ['rounds', 'seed', 'fault']

const given = new Map(process.argv.slice(2).map((argument) => argument.split('=', 2) as [string, string]))
const rounds = Number(given.get('rounds') ?? ROUNDS)
const seed = Number(given.get('seed') ?? anySeed())
const faults = FAULT_NAMES.filter((name) => name.includes(given.get('fault') ?? ''))
const isUnderstood = Number.isInteger(rounds) && Number.isInteger(seed) && faults.length > 0
if (!isUnderstood || [...given.keys()].some((key) => !KEYS.includes(key))) {
  console.error(`usage: npm run test:faults [-- rounds=N seed=S fault='part of a name']; the faults:`)
  for (const name of FAULT_NAMES) console.error(`  ${name}`)
  process.exit(2)
}
const startedAt = Date.now()
const say = (line: string) => console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`)
const wrong = await runRounds({ rounds, seed, faults, say })
for (const line of wrong) console.error(line)
console.log(wrong.length === 0 ? 'all that was acknowledged is stored, once' : `repeat with: seed=${seed}`)
process.exit(wrong.length === 0 ? 0 : 1)
