import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainName, terminalText } from '../../integration/plain-name.ts'
import { showControls } from '../../runtime/log.ts'

describe('a name', () => {
  test.each<[string, string, string]>([
    ['line breaks', 'pay\r\nBcc: x@y.example', 'pay Bcc: x@y.example'],
    ['line and paragraph separators', 'a\u2028b\u2029c', 'a b c'],
    ['an escape that colours', '\u001b[31mpay\u001b[0m', '[31mpay [0m'],
    ['a control of C1, which some terminals take for an escape', 'pay\u009b31m', 'pay 31m'],
    ['marks of direction', 'pay\u202egnp.exe\u2066\u2069\u200f', 'paygnp.exe'],
    ['what has no width', 'p\u200ba\u200dy\ufeff\u2060\u00ad', 'pay'],
    ['tags, which show nothing', 'pay\u{e0041}\u{e0042}', 'pay'],
    ['only such characters', '\u0000\u200b\u202e', ''],
    ['letters of any script', 'оплата 支払い دفع', 'оплата 支払い دفع'],
    ['nothing to remove', 'POST /v1/charges/{id}', 'POST /v1/charges/{id}'],
  ])('with %s', (_, sent, plain) => expect(plainName(sent)).toBe(plain))

  test('once made plain stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plainName(plainName(text))).toBe(plainName(text))
        expect(plainName(text)).not.toMatch(/[\p{Cc}\p{Bidi_C}\u200b]/u)
      }),
    )
  })
})

test('text of several lines for a terminal keeps its lines and shows what would steer it', () => {
  expect(terminalText('a\tb\n\u001b[2Jc\r\u009b1m\u202ed')).toBe('a\tb\n\\u001b[2Jc\\u000d\\u009b1m\\u202ed')
})

test('a log line for a terminal shows what would steer it, also when it is parsed', () => {
  const said = { msg: 'service \u001b[31mpay\u0007 \u202eyap \u009b1m', path: 'C:\\u001b', two: 'a\nb' }
  expect(JSON.parse(showControls(JSON.stringify(said)))).toEqual({
    msg: 'service \\u001b[31mpay\\u0007 \\u202eyap \\u009b1m',
    path: 'C:\\u001b',
    two: 'a\nb',
  })
})
