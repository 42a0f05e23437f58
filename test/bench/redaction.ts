/**
 * What redaction costs of making rows: decode + calls + rows of protobuf bodies, in CPU time, with nothing hidden, with what
 * is always hidden, and with rules, in turns within one run. Run: node test/bench/redaction.ts [rounds]
 */
import { TableRows } from '../../collector/rows/tables.ts'
import { createSpanRows, type WriteSpanRows } from '../../collector/span-rows.ts'
import { NO_RULES } from '../../integration/call-rules.ts'
import { AdmittedNames } from '../../integration/cardinality.ts'
import { compileRedaction, NO_REDACTION_RULES, type Redaction, type ValueRule } from '../../integration/redaction.ts'
import { LIFETIMES, NOW_MS } from '../collector/read-rows.ts'
import { spanBodies } from './span-bodies.ts'

const SPANS_PER_REQUEST = 512
const REQUESTS = 100
const ROUNDS = Number(process.argv[2] ?? 9)

const AS_SENT: ValueRule = { isPlainText: true, contextOf: () => '', stored: (value) => value }
const NOTHING_HIDDEN: Redaction = {
  attributes: () => {},
  text: (text) => text,
  freeText: AS_SENT,
  ruleOf: () => AS_SENT,
  details: (details) => details,
}
const RULES = { keys: ['enduser.*', 'app.customer'], patterns: [String.raw`\b\d{3}-\d{2}-\d{4}\b`] }
const names = new AdmittedNames()
const VARIANTS = (
  [
    ['nothing hidden', NOTHING_HIDDEN],
    ['what is always hidden', compileRedaction(NO_REDACTION_RULES)],
    ['two keys and a pattern', compileRedaction(RULES)],
  ] as const
).map(([name, redaction]) => ({
  name,
  writeSpanRows: createSpanRows({ rules: NO_RULES, names }, { redaction, keepAttributes: 1, lifetimes: LIFETIMES }),
}))

const bodyOf = spanBodies(SPANS_PER_REQUEST)
const rows = new TableRows()
let request = 0

function cpuMsOf(writeSpanRows: WriteSpanRows): number {
  const bodies = Array.from({ length: REQUESTS }, () => bodyOf(request++))
  const start = process.cpuUsage()
  for (const body of bodies) {
    rows.reset()
    writeSpanRows(body, rows, NOW_MS)
  }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!

const times = VARIANTS.map((): number[] => [])
for (let round = 0; round <= ROUNDS; round++) {
  for (const [index, { writeSpanRows }] of VARIANTS.entries()) {
    const ms = cpuMsOf(writeSpanRows)
    // The first round warms up.
    if (round > 0) times[index]!.push(ms)
  }
}
const base = median(times[0]!)
VARIANTS.forEach(({ name }, index) => {
  const ms = median(times[index]!)
  const rate = Math.round((REQUESTS * SPANS_PER_REQUEST * 1000) / ms).toLocaleString('en')
  console.log(`${name.padEnd(24)} ${rate} spans/s of CPU time, ${(ms / base).toFixed(2)} × nothing hidden`)
})
