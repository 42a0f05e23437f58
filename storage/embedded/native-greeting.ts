const GREETING = /^\s*SELECT\s+displayName\(\)\s*,\s*version\(\)\s*,\s*revision\(\)\s*,\s*timezone\(\)\s*;?\s*$/i
/** From this revision on each column's type is followed by a byte that says whether its serialization is a custom one. */
const CUSTOM_SERIALIZATION_REVISION = 54_454

/** True for the first query of clickhouse-go, which wants its answer as a Native block of the client's own revision. */
export function isGreeting(sql: string, params: URLSearchParams): boolean {
  return Number(params.get('client_protocol_version')) > 0 && GREETING.test(sql)
}

/**
 * Answers it with revision 0, the one chDB writes, so that every later block is understood.
 * Native block: block info (from any revision on), columns, rows, then per column name, type, data.
 */
export function greeting(version: string, revision: number): Uint8Array {
  const blockInfo = [0x01, 0x00, 0x02, 0xff, 0xff, 0xff, 0xff, 0x00]
  const custom = revision >= CUSTOM_SERIALIZATION_REVISION ? [0] : []
  const text = (name: string, value: string) => [
    ...lengthFirst(name),
    ...lengthFirst('String'),
    ...custom,
    ...lengthFirst(value),
  ]
  return Uint8Array.from([
    ...blockInfo,
    4,
    1,
    ...text('displayName()', 'plumbline'),
    ...text('version()', version),
    ...[...lengthFirst('revision()'), ...lengthFirst('UInt32'), ...custom, 0, 0, 0, 0],
    ...text('timezone()', 'UTC'),
  ])
}

/** A short string as Native writes it: length (below 128, one byte), bytes. */
function lengthFirst(text: string): number[] {
  const bytes = Buffer.from(text)
  return [bytes.length, ...bytes]
}
