import { describe, expect, test } from 'vitest'
import { compileRedaction, NO_REDACTION_RULES } from '../../integration/redaction.ts'
import { traceBody } from '../collector/builders.ts'
import { rowsOfBody, spanRows } from '../collector/read-rows.ts'

const { text } = compileRedaction(NO_REDACTION_RULES)
const base64 = (plain: string) => Buffer.from(plain).toString('base64')

describe('card numbers and IBANs', () => {
  test.each([
    ['Visa', '4111111111111111'],
    ['Visa of 13 digits', '4222222222222'],
    ['Visa of 19 digits', '4000000000000000006'],
    ['Mastercard', '5555555555554444'],
    ['Mastercard of the second range', '2223003122003222'],
    ['American Express', '378282246310005'],
    ['Discover', '6011111111111117'],
    ['Diners Club', '30569309025904'],
    ['JCB', '3530111333300000'],
    ['in groups', '4111 1111 1111 1111'],
    ['with dashes', '4111-1111-1111-1111'],
    ['American Express in groups', '3782 822463 10005'],
    ['an IBAN', 'DE89370400440532013000'],
    ['an IBAN in groups', 'DE89 3704 0044 0532 0130 00'],
    ['a short IBAN', 'NO9386011117947'],
    ['an IBAN with letters', 'GB82WEST12345698765432'],
  ])('%s is hidden, alone and in a text', (_, number) => {
    expect(text(number)).toBe('[redacted]')
    expect(text(`declined: ${number}, try again`)).toBe('declined: [redacted], try again')
    expect(text(`{"n":"${number}"}`)).toBe('{"n":"[redacted]"}')
  })

  test.each([
    ['a wrong check digit', '4111111111111112'],
    ['a wrong check digit of an IBAN', 'DE89370400440532013001'],
    ['seconds, ms, µs and ns since 1970', '1767225600 1767225600000 1767225600000000 1767225600000000000'],
    ['a trace id', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['a trace id of digits', '41111111111111114111111111111111'],
    ['a UUID of digits', '12345678-1234-1234-1234-123456789012'],
    ['a decimal', '0.4111111111111111'],
    ['a part of a word', 'id4111111111111111'],
    ['groups that no card has', '41 1111 1111 1111 11'],
    ['digits of no issuer', '9999999999999995'],
    ['dates', '2026-01-01 2026-01-02'],
    ['a constant', 'ORDER_CREATED_2026'],
  ])('%s stays', (_, number) => expect(text(number)).toBe(number))
})

describe('passwords behind a letter', () => {
  test.each([
    ['curl -u ann:s3cret https://x.example', 'curl -u ann:[redacted] https://x.example'],
    ['curl -uann:s3cret x', 'curl -uann:[redacted] x'],
    ['wget --user ann:s3cret x', 'wget --user ann:[redacted] x'],
    ['["curl","-u","ann:s3cret"]', '["curl","-u","ann:[redacted]"]'],
    ['mysql -uroot -pHunter2 shop', 'mysql -uroot -p[redacted] shop'],
    ['mysqldump -h db -u root -p"Hunter 2"', 'mysqldump -h db -u root -p"[redacted] 2"'],
    ['["mysql","-uroot","-pHunter2"]', '["mysql","-uroot","-p[redacted]"]'],
    ['sshpass -p s3cret ssh x', 'sshpass -p [redacted] ssh x'],
    ['docker login -u me -p s3cret', 'docker login -u me -p [redacted]'],
    ['redis-cli -a s3cret ping', 'redis-cli -a [redacted] ping'],
    ['tool --password hunter2 x', 'tool --password [redacted] x'],
    ['docker run -u 1000:1000 -p 8080:80 x', 'docker run -u 1000:1000 -p 8080:80 x'],
    ['mysql -u root -p shop', 'mysql -u root -p shop'],
    ['curl -u https://x.example/a', 'curl -u https://x.example/a'],
    ['mkdir -p /var/x', 'mkdir -p /var/x'],
  ])('%s', (sent, expected) => expect(text(sent)).toBe(expected))
})

test('Base64 of a text with a secret is hidden, of other texts and bytes it stays', () => {
  expect(text(base64('Authorization: Bearer abcdef0123456'))).toBe('[redacted]')
  expect(text(`["${base64('password=hunter2')}"]`)).toBe('["[redacted]"]')
  for (const plain of ['hello world, this is a text', '\u0000\u0001\u0002password=hunter2']) {
    expect(text(base64(plain))).toBe(base64(plain))
  }
})

test('attributes named auth, sig, signature and their like are hidden, those of code are not', () => {
  const attributes = new Map(
    [
      'auth',
      'request.auth',
      'sig',
      'X-Signature',
      'hub_signature',
      'hmac',
      'card.number',
      'iban',
      'code.signature',
      'design',
    ].map((name) => [name, 'abc']),
  )
  compileRedaction(NO_REDACTION_RULES).attributes(attributes)
  const kept = [...attributes].filter(([, value]) => value === 'abc').map(([name]) => name)
  expect(kept).toEqual(['code.signature', 'design'])
})

test('none of it is stored, wherever a span holds it', () => {
  const CARD = '4111111111111111'
  const bytes = Uint8Array.from(Buffer.from('token=Zq7hunter2Zq7abc'))
  const held = { card: CARD, number: 4111111111111111n, raw: bytes, list: [CARD, bytes], map: { deep: CARD } }
  const body = traceBody(
    [
      {
        name: `pay ${CARD}`,
        traceState: `vendor=ghp_012345678901234567890123456789012345,card=${CARD}`,
        status: { code: 2, message: `declined ${CARD}` },
        attributes: { 'peer.service': 'acme', ...held },
        events: [{ name: CARD, attributes: held }],
        links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceState: `card=${CARD}`, attributes: held }],
      },
    ],
    { 'service.name': 'shop', ...held },
  )
  const { spans, calls } = rowsOfBody(spanRows(), body)
  const all = JSON.stringify([spans, calls], (_, value) => (typeof value === 'bigint' ? String(value) : value))
  expect(all).toContain('[redacted]')
  for (const secret of [CARD, 'ghp_', Buffer.from(bytes).toString('base64')]) expect(all).not.toContain(secret)
})
