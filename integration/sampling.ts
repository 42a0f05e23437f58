import type { Attributes } from './attributes.ts'
import { cut, read } from './attributes.ts'

/** For how many calls one may stand unless the configuration says otherwise: one span must not outweigh an outage. */
export const DEFAULT_MAX_WEIGHT = 1_000

/** 32 members of at most 256 + 256 characters; what comes behind is not a trace state. */
const TRACE_STATE_MAX_CHARS = 16_448

const THRESHOLD_DIGITS = 14
const ALL = 2n ** 56n

/**
 * How many calls a span or resource says it stands for: 1 / sampling probability; null when it does not say.
 * One source only, never multiplied: `th` or the older `p` in the `ot` member of the trace state, then attributes. Without
 * bound: callers cap it. 0 only for `p:63`, the older spelling of "counts nothing".
 * Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/. Example: `ot=th:c` → 4.
 */
export function statedWeight(traceState: string, attributes: Attributes): number | null {
  return (traceState === '' ? null : weightOfTraceState(traceState)) ?? weightOfAttributes(attributes)
}

function weightOfTraceState(traceState: string): number | null {
  for (const member of cut(traceState, TRACE_STATE_MAX_CHARS).split(',')) {
    const [key, value] = member.trim().split('=', 2)
    if (key !== 'ot') continue
    const fields = (value ?? '').split(';')
    return weightOfThreshold(fieldOf(fields, 'th:')) ?? weightOfExponent(fieldOf(fields, 'p:'))
  }
  return null
}

const fieldOf = (fields: readonly string[], key: string): string =>
  fields.find((field) => field.startsWith(key))?.slice(key.length) ?? ''

/** Rejection threshold T of 2^56 as 1–14 hex digits, right-padded: weight = 2^56 / (2^56 − T). */
function weightOfThreshold(threshold: string): number | null {
  if (!/^[0-9a-f]{1,14}$/i.test(threshold)) return null
  const rejected = BigInt(`0x${threshold.padEnd(THRESHOLD_DIGITS, '0')}`)
  return Number(ALL) / Number(ALL - rejected)
}

function weightOfExponent(exponent: string): number | null {
  if (!/^\d{1,2}$/.test(exponent) || Number(exponent) > 63) return null
  return exponent === '63' ? 0 : 2 ** Number(exponent)
}

function weightOfProbability(probability: string): number | null {
  const share = Number(probability || Number.NaN)
  return share > 0 && share <= 1 ? 1 / share : null
}

function weightOfRate(rate: string): number | null {
  const value = Number(rate || Number.NaN)
  return value >= 1 && Number.isFinite(value) ? value : weightOfProbability(rate)
}

const isProbabilistic = (attributes: Attributes): boolean => attributes.get('sampler.type') === 'probabilistic'

/** Attributes that state a sampling rate, best first. Sources: OpenTelemetry, Jaeger clients, Honeycomb. */
const RATE_ATTRIBUTES = [
  { name: ['sampling.threshold'], weight: weightOfThreshold, when: () => true },
  { name: ['sampling.probability'], weight: weightOfProbability, when: () => true },
  { name: ['sampling.ratio'], weight: weightOfProbability, when: () => true },
  { name: ['sampler.param'], weight: weightOfProbability, when: isProbabilistic },
  { name: ['SampleRate'], weight: weightOfRate, when: () => true },
  { name: ['sampleRate'], weight: weightOfRate, when: () => true },
  { name: ['sample_rate'], weight: weightOfRate, when: () => true },
] as const

function weightOfAttributes(attributes: Attributes): number | null {
  for (const { name, weight, when } of RATE_ATTRIBUTES) {
    const value = read(attributes, name)
    if (value === '' || !when(attributes)) continue
    const stated = weight(value)
    if (stated !== null) return stated
  }
  return null
}
