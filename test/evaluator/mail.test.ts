import { type AddressInfo, createServer } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { describe, expect, it } from 'vitest'
import { createSender, type Thread } from '../../evaluator/deliver/deliver.ts'
import { emailBody } from '../../evaluator/notify/email.ts'
import type { Endpoint } from '../../runtime/endpoint-schema.ts'
import { cuttable } from './cuttable.ts'
import { message, notification } from './messages.ts'

const AT = new Date('2026-01-01T00:01:00Z')

/** A mail server on loopback that refuses on command: an SMTP status for the text of a mail, or for its recipient. */
async function mailServer({
  text = 250,
  recipient = 250,
  ...options
}: SMTPServerOptions & { text?: number; recipient?: number } = {}) {
  const mails: string[] = []
  const refusal = (responseCode: number) =>
    responseCode < 400 ? null : Object.assign(new Error('not now'), { responseCode })
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo: (_address, _session, done) => done(refusal(recipient)),
    async onData(stream, _session, done) {
      let mail = ''
      for await (const chunk of stream) mail += chunk
      if (text < 400) mails.push(mail)
      done(refusal(text))
    },
    ...options,
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    mails,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

function send(
  port: number,
  { sequence = 1, thread, allow = ['127.0.0.0/8'] }: { sequence?: number; thread?: Thread; allow?: string[] } = {},
) {
  const desk: Endpoint = {
    name: 'desk',
    type: 'email',
    smtp: { host: '127.0.0.1', port, tls: false, username: '', password: '' },
    from: 'Plumbline <plumbline@ops.example>',
    to: ['desk@example.com', 'night@example.com'],
  }
  const mail = notification('inc_1', AT.getTime(), { endpoint: 'desk', sequence, body: emailBody(message()) })
  return createSender({ endpoints: [desk], egress: { allow, insecureHttp: false } }).send(mail, AT, thread)
}

const headerOf = (mail: string | undefined, name: string) =>
  new RegExp(`^${name}: (.*(?:\\r?\\n[ \\t].*)*)`, 'im').exec(mail ?? '')?.[1]?.replace(/\s+/g, ' ')

describe('a mail', () => {
  it('arrives with its text, and its id as Message-ID', async () => {
    await using server = await mailServer()
    expect(await send(server.port)).toMatchObject({ arrival: 'accepted', status: 250, error: '' })
    const [mail] = server.mails
    const { id } = notification('inc_1', 0, { endpoint: 'desk' })
    expect(headerOf(mail, 'Message-ID')).toBe(`<${id}@ops.example>`)
    expect(headerOf(mail, 'Subject')).toContain('[PAGE] checkout-availability burns 16.7x')
    expect(headerOf(mail, 'To')).toBe('desk@example.com, night@example.com')
    expect(headerOf(mail, 'References')).toBeUndefined()
    expect(mail).toContain('Who can fix it: provider')
  })

  it('refers to the first one about the same incident', async () => {
    await using server = await mailServer()
    await send(server.port, { sequence: 3, thread: { target: '', first: 'msg_first' } })
    expect(headerOf(server.mails[0], 'References')).toBe('<msg_first@ops.example>')
    expect(headerOf(server.mails[0], 'In-Reply-To')).toBe('<msg_first@ops.example>')
  })

  const ANSWERS: Record<string, { with: Parameters<typeof mailServer>[0]; is: object }> = {
    'refused for now is tried again': { with: { text: 451 }, is: { arrival: 'no', permanent: false, status: 451 } },
    'refused for good is given up': { with: { text: 552 }, is: { arrival: 'no', permanent: true, status: 552 } },
    'for nobody known is given up': { with: { recipient: 550 }, is: { arrival: 'no', permanent: true, status: 550 } },
  }
  for (const [title, { with: options, is }] of Object.entries(ANSWERS)) {
    it(title, async () => {
      await using server = await mailServer(options)
      expect(await send(server.port)).toMatchObject(is)
      expect(server.mails).toEqual([])
    })
  }

  it('whose server is not there cannot have arrived', async () => {
    expect(await send(1)).toMatchObject({ arrival: 'no', permanent: false, status: 0 })
  })

  it('whose server never says a word cannot have arrived', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const result = await send((silent.address() as AddressInfo).port)
    silent.close()
    expect(result).toMatchObject({ arrival: 'no', permanent: false, status: 0 })
  })

  it('that breaks off after its text was sent may have arrived', async () => {
    let cut = () => {}
    await using server = await mailServer({ onData: (stream) => void stream.on('end', () => cut()).resume() })
    await using relay = await cuttable(`http://127.0.0.1:${server.port}`)
    cut = relay.cut
    expect(await send(Number(new URL(relay.url).port))).toMatchObject({ arrival: 'maybe', permanent: false })
  })

  it('to a server off the public internet is not sent', async () => {
    await using server = await mailServer()
    expect(await send(server.port, { allow: [] })).toMatchObject({
      arrival: 'no',
      permanent: true,
      error: expect.stringContaining('egress.allow'),
    })
  })
})
