import type { Selector } from '../slo/model.ts'

/** SQL text with `{name:Type}` parameters and their values; nothing of a value is ever part of the text. */
export interface Compiled {
  sql: string
  params: Record<string, unknown>
}

/** Collects parameters under names that stay unique when several compiled selects share one statement. */
export class Parameters {
  readonly values: Record<string, unknown> = {}
  readonly #prefix: string
  constructor(prefix: string) {
    this.#prefix = prefix
  }
  add(type: string, value: unknown): string {
    const name = `${this.#prefix}${Object.keys(this.values).length}`
    this.values[name] = value
    return `{${name}:${type}}`
  }
}

/** Condition that the text of `expression` is what the selector takes. */
export const matches = (expression: string, selector: Selector, params: Parameters): string =>
  'in' in selector
    ? `${expression} IN ${params.add('Array(String)', selector.in)}`
    : `${expression} NOT IN ${params.add('Array(String)', selector.notIn)}`
