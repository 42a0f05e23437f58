import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Problem } from '../../api/problem.ts'
import { createStrangers } from '../../api/strangers.ts'
import { SlotsFullError } from '../../storage/slots.ts'
import { seededApp } from './seeded-app.ts'

let app: Awaited<ReturnType<typeof seededApp>>
beforeAll(async () => {
  app = await seededApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const by = (caller = 'a') => ({ caller, signal: new AbortController().signal })
const send = (path: string, body: string, method = 'POST') =>
  app.get(path, { method, body, headers: { 'content-type': 'application/yaml' } })
const validate = (body: string) => send('/api/v1/slos/validate', body)

/** Hundreds of thousands of bytes that take a thread seconds. */
const GARBAGE: Record<string, string> = {
  'lines that repeat a key': 'x: [1,2,3]\n'.repeat(70_000),
  'a list of small maps': '- {a: 1}\n'.repeat(60_000),
  'documents of one line': 'kind: SLO\n---\n'.repeat(45_000),
  'lists in lists': `a: ${'['.repeat(400_000)}`,
  'lines that are no YAML': 'a: b: {]\n'.repeat(80_000),
  'SLOs that lack everything': 'apiVersion: openslo/v1\nkind: SLO\nmetadata: { name: a }\nspec: {}\n---\n'.repeat(
    9_000,
  ),
}
/** How often the event loop came round while something was waited for. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0
  const counting = setInterval(() => turns++, 10)
  await work.finally(() => clearInterval(counting))
  return turns
}

describe('a document of garbage', () => {
  test.each(Object.entries(GARBAGE))('is judged off the event loop, in a short answer: %s', async (_, text) => {
    let answer: Awaited<ReturnType<typeof validate>> | undefined
    const work = validate(text).then((given) => {
      answer = given
    })
    expect(await turnsDuring(work)).toBeGreaterThan(10)
    expect([200, 422]).toContain(answer?.status)
    if (answer?.status === 422) expect(answer.body.type).toBe('urn:plumbline:problem:too-costly')
    else expect(answer?.body.documents[0].valid).toBe(false)
    expect(answer?.text.length).toBeLessThan(50_000)
  })

  test('is refused by PUT and by preview in the same way', async () => {
    const text = GARBAGE['documents of one line'] ?? ''
    for (const answer of [await send('/api/v1/slos/a', text, 'PUT'), await send('/api/v1/slos/preview', text)]) {
      expect(answer.status).toBe(422)
      expect(answer.text).toMatch(/send at most 500 at once|takes longer/)
      expect(answer.text.length).toBeLessThan(50_000)
    }
  })
})

describe('of many faults', () => {
  const faulty = (documents: number) =>
    'apiVersion: openslo/v1\nkind: SLO\nmetadata: { name: "NOT A NAME" }\nspec: { nothing: 1 }\n---\n'.repeat(documents)

  test('a hundred are listed, and how many are not', async () => {
    const { body, status, text } = await validate(faulty(400))
    expect(status).toBe(200)
    expect(body.documents).toHaveLength(400)
    const listed = body.documents.flatMap((one: { errors: { code: string }[] }) => one.errors)
    expect(listed.filter(({ code }: { code: string }) => code !== 'not_listed')).toHaveLength(100)
    expect(body.documents.at(-1)).toMatchObject({ valid: false, errors: [{ code: 'not_listed' }] })
    expect(body.documents.at(-1).errors[0].message).toMatch(/^\d+ more (is|are) not listed$/)
    expect(text.length).toBeLessThan(200_000)
  })

  test('a few are all listed', async () => {
    const { body } = await validate(faulty(2))
    const codes = body.documents.flatMap((one: { errors: { code: string }[] }) => one.errors.map(({ code }) => code))
    expect(codes).not.toContain('not_listed')
  })

  test('texts of any length are cut', async () => {
    const { text } = await validate(
      `apiVersion: openslo/v1\nkind: ${'K'.repeat(300_000)}\nmetadata: { name: ${'n'.repeat(300_000)} }`,
    )
    expect(text.length).toBeLessThan(5_000)
  })

  test('PUT lists as many', async () => {
    const { status, body } = await send('/api/v1/slos/a', faulty(400), 'PUT')
    expect(status).toBe(422)
    expect(body.errors).toHaveLength(101)
  })
})

describe('the thread of strangers', () => {
  test('is killed with what takes too long, and the next work finds a new one', async () => {
    const strangers = createStrangers({ limitMs: 300 })
    const long = strangers.run(by(), 'judge', GARBAGE['lines that repeat a key'] ?? '')
    await expect(long).rejects.toMatchObject({ kind: 'too-costly' })
    await expect(long).rejects.toBeInstanceOf(Problem)
    const patient = createStrangers({ limitMs: 20_000 })
    expect(await patient.run(by(), 'judge', 'kind: SLO')).toMatchObject([{ valid: false }])
  })

  test('refuses what is too much at once, of one caller before the others', async () => {
    const strangers = createStrangers({ limitMs: 20_000, queue: 4 })
    const work = (caller: string) => strangers.run(by(caller), 'judge', 'kind: SLO')
    const taken = [work('a'), work('a'), work('a')]
    await expect(work('a')).rejects.toBeInstanceOf(SlotsFullError)
    taken.push(work('b'))
    expect(await Promise.all(taken)).toHaveLength(4)
  })

  test('does not begin what nobody waits for any more', async () => {
    const strangers = createStrangers({ limitMs: 20_000 })
    const gone = new AbortController()
    const first = strangers.run(by(), 'judge', 'kind: SLO')
    const second = strangers.run({ caller: 'a', signal: gone.signal }, 'judge', 'kind: SLO')
    gone.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    expect(await first).toMatchObject([{ valid: false }])
  })
})

test('a flood of documents is answered 429 and told when to come back', async () => {
  const answers = await Promise.all(Array.from({ length: 160 }, () => validate('kind: SLO')))
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(answers.length - refused.length).toBeGreaterThan(0)
  expect(refused[0]).toMatchObject({ body: { type: 'urn:plumbline:problem:too-many-requests' } })
  expect(refused[0]?.headers.get('retry-after')).toBe('2')
})

test('a body of a route that takes no documents is bounded, said or not how long it is', async () => {
  const body = `{"comment":"${'x'.repeat(5 * 2 ** 20)}"}`
  const stream = new Blob([body]).stream()
  for (const sent of [body, stream]) {
    const init = { method: 'POST', body: sent, duplex: 'half', headers: { 'content-type': 'application/json' } }
    expect(await app.get('/api/v1/silences', init as RequestInit)).toMatchObject({ status: 413 })
  }
})
