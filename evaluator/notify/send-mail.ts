import { createTransport } from 'nodemailer'
import type { EndpointOf } from '../../runtime/endpoint-schema.ts'
import { EgressRefusedError, type mailGuard } from './egress.ts'
import type { Mail } from './email.ts'
import { type PostLimits, textOf } from './post.ts'
import { type PostResult, timedResult } from './post-result.ts'

/** What a mail is called, and the first one about the same incident. */
export interface MailThread {
  id: string
  /** The same as `id` in the first one. */
  first: string
}

/**
 * Sends one mail. Never rejects: whatever happens is a result. 2yz is accepted, 4yz tried again, 5yz final; what breaks
 * after the text was sent may have arrived. Source: RFC 5321, section 4.2.1.
 */
export async function sendMail(
  { smtp, from, to }: EndpointOf<'email'>,
  { subject, text }: Mail,
  { id, first }: MailThread,
  check: ReturnType<typeof mailGuard>,
  { connectTimeoutMs, totalTimeoutMs }: PostLimits,
): Promise<PostResult> {
  const result = timedResult()
  try {
    const { address } = await check(smtp.host, smtp.port)
    const transport = createTransport({
      host: address,
      port: smtp.port,
      secure: smtp.tls,
      requireTLS: smtp.username !== '',
      tls: { servername: smtp.host },
      ...(smtp.username === '' ? {} : { auth: { user: smtp.username, pass: smtp.password } }),
      connectionTimeout: connectTimeoutMs,
      greetingTimeout: connectTimeoutMs,
      socketTimeout: totalTimeoutMs,
      dnsTimeout: connectTimeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    const domain = domainOf(from)
    const answer = await transport.sendMail({
      from,
      to,
      subject,
      text,
      messageId: `<${id}@${domain}>`,
      ...(first === id ? {} : { inReplyTo: `<${first}@${domain}>`, references: `<${first}@${domain}>` }),
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Plumbline-Id': id },
    })
    return result({ status: statusOf(answer.response), arrival: 'accepted', answer: answer.response.slice(0, 512) })
  } catch (error) {
    if (error instanceof EgressRefusedError) return result({ error: error.message, permanent: error.permanent })
    const { responseCode = 0, response = '' } = error as SmtpError
    return result({
      status: responseCode,
      error: textOf(error),
      arrival: responseCode === 0 && !isBeforeTheText(error as SmtpError) ? 'maybe' : 'no',
      permanent: responseCode >= 500,
      answer: response.slice(0, 512),
    })
  }
}

/** What nodemailer adds to its errors. */
interface SmtpError {
  code?: string
  syscall?: string
  timeoutType?: string
  responseCode?: number
  response?: string
}

/** Errors after which no text can have been sent: no address, no connection, no TLS, no login, a refused envelope. */
const EARLY = new Set(['EDNS', 'ETLS', 'EAUTH', 'ENOAUTH', 'EENVELOPE', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])

const isBeforeTheText = ({ code = '', syscall, timeoutType = '' }: SmtpError): boolean =>
  EARLY.has(code) || syscall === 'connect' || ['CONNECTION_TIMEOUT', 'GREETING_TIMEOUT'].includes(timeoutType)

const statusOf = (response: string): number => Number.parseInt(response, 10) || 250

const domainOf = (from: string): string => /@([^\s>]+)/.exec(from)?.[1] ?? 'plumbline.invalid'
