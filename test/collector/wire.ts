/** A minimal protobuf encoder, independent of the code under test: one function per wire type. */
export type Part = Buffer

export function varint(value: number | bigint): Part {
  const bytes = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return Buffer.from([...bytes, Number(rest)])
}

export const tag = (field: number, type: number): Part => varint((BigInt(field) << 3n) | BigInt(type))

export const vint = (field: number, value: number | bigint): Part => Buffer.concat([tag(field, 0), varint(value)])

export const zigzag = (field: number, value: number): Part => vint(field, value >= 0 ? value * 2 : -value * 2 - 1)

export const fixed64Bytes = (value: number | bigint): Part => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
  return bytes
}

export const fixed64 = (field: number, value: number | bigint): Part =>
  Buffer.concat([tag(field, 1), fixed64Bytes(value)])

export const doubleBytes = (value: number): Part => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

export const double = (field: number, value: number): Part => Buffer.concat([tag(field, 1), doubleBytes(value)])

export const fixed32 = (field: number, value: number): Part => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return Buffer.concat([tag(field, 5), bytes])
}

/** A string, bytes or nested message. */
export const len = (field: number, ...parts: (Part | string)[]): Part => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  return Buffer.concat([tag(field, 2), varint(body.length), body])
}

export const hex = (field: number, text: string): Part => len(field, Buffer.from(text, 'hex'))
