import { type Random, randomFrom } from '../support/random.ts'

export interface Seed {
  protobuf: Buffer
  json: Buffer
}

export type Form = keyof Seed

interface Material {
  random: Random
  body: Buffer
  /** Another valid body of the same form. */
  other: Buffer
}

type Mutation = (material: Material) => Buffer

const place = ({ random, body }: Material) => random.int(body.length)

const withByte = (body: Buffer, at: number, byte: number) => {
  const changed = Buffer.from(body)
  changed[at] = byte
  return changed
}

const insert = (body: Buffer, at: number, piece: Buffer) =>
  Buffer.concat([body.subarray(0, at), piece, body.subarray(at)])

/** Ten bytes are a varint's most; eleven are none. 2^31, 2^32 and 2^63 are where sizes overflow. */
const VARINTS = [
  'ffffffffffffffffff01',
  'ffffffffffffffffffff01',
  '8080808008',
  '8080808010',
  '80808080808080808001',
].map((hex) => Buffer.from(hex, 'hex'))

const anywhere: Record<string, Mutation> = {
  'nothing changed': ({ body }) => body,
  'bits flipped': (material) => {
    const changed = Buffer.from(material.body)
    for (let n = 1 + material.random.int(8); n > 0; n--) changed[place(material)]! ^= 1 << material.random.int(8)
    return changed
  },
  'cut off': (material) => material.body.subarray(0, place(material)),
  'a piece removed': (material) => {
    const at = place(material)
    return Buffer.concat([material.body.subarray(0, at), material.body.subarray(at + 1 + material.random.int(20))])
  },
  'a piece repeated': (material) => {
    const at = place(material)
    return insert(material.body, at, material.body.subarray(at, at + 1 + material.random.int(200)))
  },
  'two bodies spliced': (material) =>
    Buffer.concat([
      material.body.subarray(0, place(material)),
      material.other.subarray(material.random.int(material.other.length)),
    ]),
  'two bodies in a row': ({ body, other }) => Buffer.concat([body, other]),
  'random bytes inserted': (material) =>
    insert(material.body, place(material), material.random.bytes(1 + material.random.int(30))),
  'random bytes alone': ({ random }) => random.bytes(random.int(400)),
}

const protobufOnly: Record<string, Mutation> = {
  'a length changed': (material) => {
    const at = place(material)
    const { random } = material
    return withByte(material.body, at, random.pick([0, 1, 0x7f, 0x80, 0xff, material.body[at]! + 1, random.int(256)]))
  },
  'a wire type changed': (material) => {
    const at = place(material)
    return withByte(material.body, at, (material.body[at]! & ~7) | material.random.int(8))
  },
  'a huge varint': (material) => insert(material.body, place(material), material.random.pick(VARINTS)),
  'nested deeply': ({ random, body }) => {
    // The same field around itself: resource, scope or a list inside a list.
    const field = random.pick([0x0a, 0x12, 0x2a, 0x32])
    let nested = body.subarray(0, random.int(40))
    for (let depth = random.int(600); depth > 0; depth--) nested = Buffer.concat([lengthPrefix(field, nested), nested])
    return Buffer.concat([body, nested])
  },
}

function lengthPrefix(tag: number, { length }: Buffer): Buffer {
  const bytes = [tag]
  for (let rest = length; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest & 127) | 128)
  }
}

const TOKENS = [
  'null',
  '{}',
  '[]',
  '""',
  '-1',
  '1e999',
  '1e-400',
  '18446744073709551616',
  '"NaN"',
  'true',
  '9'.repeat(400),
]
const VALUE = /"[^"]*"|-?\d+(?:\.\d+)?/g

const jsonOnly: Record<string, Mutation> = {
  'a value replaced': ({ random, body }) => {
    const text = body.toString()
    const [value] = random.shuffle([...text.matchAll(VALUE)])
    if (value === undefined) return body
    return Buffer.from(text.slice(0, value.index) + random.pick(TOKENS) + text.slice(value.index + value[0].length))
  },
  'nested deeply': ({ random, body }) => {
    const depth = random.pick([10, 100, 1_000, 20_000])
    const [open, close] = random.pick([
      ['[', ']'],
      ['{"a":', '}'],
      ['{"arrayValue":{"values":[', ']}}'],
    ] as const)
    const nested = open.repeat(depth) + (open.endsWith(':') ? '1' : '') + close.repeat(depth)
    return Buffer.from(body.toString().replace(/\{"stringValue":"[^"]*"\}/, nested))
  },
}

const MUTATIONS: Record<Form, Record<string, Mutation>> = {
  protobuf: { ...anywhere, ...protobufOnly },
  json: { ...anywhere, ...jsonOnly },
}

/** One body made from the valid ones, all by `seed`: the same seed gives the same body. */
export function mutant(seed: number, form: Form, valid: readonly Buffer[]): { body: Buffer; how: string } {
  const random = randomFrom(seed)
  const [how, mutate] = random.pick(Object.entries(MUTATIONS[form]))
  return { body: mutate({ random, body: random.pick(valid), other: random.pick(valid) }), how }
}
