// Names come from telemetry, and end in labels, on pages, in mail and on terminals.

/** Control characters (C0, DEL, C1) and other ends of lines. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu
/** What shows nothing and changes how other text shows: marks of direction, joiners and spaces without width, soft hyphens, tags. */
const UNSEEN = /[\p{Bidi_C}\u00ad\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu
const ANY =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}\u00ad\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u

/**
 * On one line and as it reads: a name must not make up lines of a mail, colours of a terminal, or text that hides other text,
 * and two names that look alike are one. `pay\u200bments\r\n` → `payments`.
 */
export const plainName = (text: string): string =>
  ANY.test(text) ? text.replace(UNSEEN, '').replace(CONTROLS, ' ').trim() : text

const LINE_CONTROLS = /[^\P{Cc}\n\t]|\p{Bidi_C}/gu
const ANY_LINE_CONTROL = /[^\P{Cc}\n\t]|\p{Bidi_C}/u

/** Text of several lines for a terminal: what would move its cursor, colour it or turn its direction is shown as `\u001b`. */
export const terminalText = (text: string): string =>
  ANY_LINE_CONTROL.test(text)
    ? text.replace(LINE_CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : text
