import { hide, type Mark } from './redacted-url.ts'

// Numbers that are secrets by their form and their check digits.

/** Digits in one piece or in groups, as cards print them. What goes on as a word, a decimal or another number is none. */
const CARD = /(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)/g
/** Sizes of groups on cards. Source: ISO/IEC 7812 and what issuers print. */
const CARD_GROUPS = /^(?:1[3-9]|4,4,4,4|4,4,4,4,3|4,6,5|4,6,4|4,4,5)$/
/**
 * First digits and lengths of the issuers. Times since 1970 in ms, µs and ns begin with 1, and no card does.
 * Source: https://en.wikipedia.org/wiki/Payment_card_number.
 */
const ISSUERS =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12,15}|6(?:011|4[4-9]\d|5\d\d|2\d\d)\d{12,15}|(?:50|5[6-8]|6[0-9])\d{11,17})$/

/** Country, check digits and account, in one piece or in groups of four. Source: ISO 13616. */
const IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?)(?![A-Za-z0-9])/g

/** Shorter texts hold neither. */
export const NUMBER_MIN_CHARS = 13

/** Hides card numbers and IBANs whose check digits are right. Linear: each repeat is bounded and begins where no word goes on. */
export function redactNumbers(text: string, mark: Mark): string {
  const withoutCards = text.replace(CARD, (found) => (isCard(found) ? hide(found, mark) : found))
  return withoutCards.replace(IBAN, (found) => (isIban(found) ? hide(found, mark) : found))
}

function isCard(found: string): boolean {
  const groups = found.split(/[ -]/)
  const digits = groups.join('')
  return CARD_GROUPS.test(groups.map((group) => group.length).join()) && ISSUERS.test(digits) && hasLuhn(digits)
}

/** Source: ISO/IEC 7812-1, annex B. */
function hasLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    sum += i % 2 === 0 ? digit : digit < 5 ? 2 * digit : 2 * digit - 9
  }
  return sum % 10 === 0
}

/** Source: ISO 7064, mod 97-10. */
function isIban(found: string): boolean {
  const text = found.replaceAll(' ', '')
  if (text.length < 15 || text.length > 34) return false
  let rest = 0
  for (const char of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(char, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}
